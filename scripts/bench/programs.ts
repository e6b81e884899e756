import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Load } from "./load.ts";

/** Runs a program to its end. @returns what it printed @throws Error with its complaint */
export async function ran(command: readonly string[], options: { cwd?: string } = {}): Promise<string> {
  const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe", ...options });
  const [said, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${complaint.slice(-500)} ${said.slice(-300)}`);
  return said;
}

/** Starts a server that prints its port as its first line. */
export async function serving(command: readonly string[]): Promise<{ port: number; stop(): Promise<void> }> {
  const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  for await (const piece of child.stdout) {
    const port = Number(new TextDecoder().decode(piece).trim());
    return {
      port,
      stop: async () => {
        child.kill("SIGKILL");
        await child.exited;
      },
    };
  }
  throw new Error(`${command.join(" ")} did not start`);
}

export const bun = process.execPath;
export const script = (name: string): string => join(import.meta.dir, name);

/**
 * Sends prepared requests from a process of its own.
 * @returns seconds from the first byte to the last answer, and when the first byte left (ms since 1970)
 */
export async function sendLoad(load: Load, folder: string): Promise<{ seconds: number; startedAt: number }> {
  const plan = join(folder, `load-${crypto.randomUUID()}.json`);
  writeFileSync(plan, JSON.stringify(load));
  return JSON.parse(await ran([bun, script("load.ts"), plan]));
}
