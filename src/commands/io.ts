import { readFileSync, writeSync } from "node:fs";

/** A line of data on stdout; at once, so that it comes before whatever is written next. */
export const say = (line: string): void => writeAll(1, `${line}\n`);
/** Text on stdout as it is. */
export const write = (text: string): void => writeAll(1, text);
/** A line for people on stderr. */
export const tell = (line: string): void => writeAll(2, `${line}\n`);
export const sayJson = (value: unknown): void => say(JSON.stringify(value, null, 2));

function writeAll(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EPIPE") return; // nobody reads any more (`| head`)
      if (code !== "EAGAIN") throw error;
    }
  }
}

/** The user asked for something that cannot be: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A password or passphrase from stdin; the line end that `echo` adds is not part of it. */
export function readPassword(asked: boolean | undefined, what = "password"): string {
  if (asked !== true) throw new UsageError(`Give --${what}-stdin and the ${what} on standard input.`);
  const password = readFileSync(0, "utf8").replace(/\r?\n$/, "");
  if (password === "") throw new UsageError(`Standard input holds no ${what}.`);
  return password;
}

/** Rows as columns, the first row being their headings. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
