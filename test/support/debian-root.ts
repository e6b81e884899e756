import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ran } from "../cli/binary.ts";
import { until } from "./child.ts";

/** A Debian with a systemd of its own, on this machine's network; whatever is done to it is gone with it. Needs root. */
export interface DebianRoot {
  /** Runs a program in it. */
  run(argv: readonly string[], options?: { stdin?: string }): Promise<Ran>;
  /** Where a path of it is to be found from outside. */
  path(inside: string): string;
  end(): Promise<void>;
}

/** @throws Error when it does not come up within 20 s; nothing of it stays then */
export async function startDebianRoot(): Promise<DebianRoot> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-debian-"));
  const spaces = ["unshare", "-fpmiu", "--kill-child", "--propagation", "private"];
  const outer = Bun.spawn([...spaces, "sh", join(import.meta.dir, "debian-root.sh"), folder], { stdin: "ignore" });
  const end = async () => {
    outer.kill("SIGKILL"); // --kill-child takes its first process along, and with it all others of the name space
    await outer.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await entered(outer.pid)), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Waits for the first process of the name spaces and for its systemd. @param outer the process that made the name spaces */
async function entered(outer: number): Promise<Omit<DebianRoot, "end">> {
  const first = () => readFileSync(`/proc/${outer}/task/${outer}/children`, "utf8").trim();
  await until("the name spaces to be there", () => first() !== "");
  const init = first();
  const enter = ["nsenter", "-t", init, "-m", "-p", "-i", "-u", "-r", "-w"];
  const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };
  const run: DebianRoot["run"] = async (argv, { stdin = "" } = {}) => {
    const child = Bun.spawn([...enter, ...argv], { env, stdin: Buffer.from(stdin), stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  };
  await until("systemd to run", async () => {
    const { stdout } = await run(["systemctl", "is-system-running"]);
    return ["running", "degraded"].includes(stdout.trim());
  });
  return { run, path: (inside) => join(`/proc/${init}/root`, inside) };
}
