import type { Outcome } from "./promise.ts";

/** One promise as docs/proof.md shows it: what was measured, when, on which commit and which machine. */
export interface Row extends Outcome {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
}

const heading = "| # | promise | target | measured | result | date | commit | machine |";
const cell = (text: string): string => text.replaceAll("|", "/").replaceAll("\n", " ");
/** P1 to P25, then I1 and what follows. */
export const order = (promise: string): number => Number(promise.slice(1)) + (promise.startsWith("P") ? 0 : 1000);

const lineOf = (row: Row): string => {
  const result = row.passed ? "kept" : "**not kept**";
  const cells = [row.promise, row.what, row.target, row.measured, result, row.date, row.commit, row.machine];
  return `| ${cells.map(cell).join(" | ")} |`;
};

/** The rows that a page holds. */
export function rowsOf(page: string): Row[] {
  return page.split("\n").flatMap((line): Row[] => {
    const [, promise = "", what = "", target = "", measured = "", result = "", date = "", commit = "", machine = ""] =
      line.split("|").map((part) => part.trim());
    if (!/^[PI]\d+$/.test(promise)) return [];
    return [{ promise, what, target, measured, passed: result === "kept", date, commit, machine }];
  });
}

/** The page with these rows in place of older ones of the same promises; the others stay as they were measured. */
export function pageWith(page: string, rows: readonly Row[]): string {
  const fresh = new Set(rows.map(({ promise }) => promise));
  const all = [...rowsOf(page).filter(({ promise }) => !fresh.has(promise)), ...rows];
  const lines = all.toSorted((a, b) => order(a.promise) - order(b.promise)).map(lineOf);
  return `# What was proved

Written by \`npm run proof\`: every row is what the last run of that promise counted, and nothing that was not run.
Seeds are fixed; a figure in seconds is this machine's.

${heading}
|${" --- |".repeat(8)}
${lines.join("\n")}
`;
}
