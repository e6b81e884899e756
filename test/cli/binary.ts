import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const built = join(root, "dist", "relaypacs");

/** The built executable; from source where nothing was built. */
export const relaypacs = existsSync(built) ? [built] : [process.execPath, join(root, "src", "main.ts")];

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command with an environment that holds nothing of the tester's own settings. */
export const start = (
  args: readonly string[],
  options: { env?: Record<string, string>; stdin?: string; cwd?: string } = {},
) =>
  Bun.spawn([...relaypacs, ...args], {
    env: { PATH: process.env.PATH ?? "", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: Buffer.from(options.stdin ?? ""),
    stdout: "pipe",
    stderr: "pipe",
  });

/** Runs the command to its end. */
export async function run(args: readonly string[], options: Parameters<typeof start>[1] = {}): Promise<Ran> {
  const child = start(args, options);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}
