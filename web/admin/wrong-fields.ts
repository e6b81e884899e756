import type { ApiError } from "../api/problem.ts";

/** What is wrong with which field: `to[0]` is `to`, and what no field shows stands under "". */
export function wrongOf({ document }: ApiError, paths: readonly string[]): Readonly<Record<string, string>> {
  const told: unknown = document.errors;
  const wrong: Record<string, string> = {};
  for (const one of Array.isArray(told) ? told : []) {
    const { path, message } = one as { path?: unknown; message?: unknown };
    const named = String(path ?? "").replace(/^\/|\[\d+\]/g, "");
    const at = paths.find((known) => known === named) ?? paths.find((known) => named.startsWith(`${known}.`));
    const words = at === undefined && named !== "" ? `${named}: ${String(message)}` : String(message);
    wrong[at ?? ""] = [wrong[at ?? ""], words].filter(Boolean).join("; ");
  }
  return wrong;
}
