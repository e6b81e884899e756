import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../test/support/child.ts";
import { muslPrefix } from "./musl-stand-in.ts";
import { type Outcome, tell } from "./promise.ts";

const root = join(import.meta.dir, "../..");
const targets = ["linux-x64", "linux-x64-baseline", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"] as const;
type Target = (typeof targets)[number];

const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

function built(folder: string): Record<string, string> {
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "build.ts", "--all"], { cwd: folder });
  if (exitCode !== 0) throw new Error(`the build in ${folder === root ? "place" : "a copy"}: ${stderr.toString()}`);
  return Object.fromEntries(targets.map((target) => [target, sha256(join(folder, "dist", `relaypacs-${target}`))]));
}

/** Builds every target here and in a copy of the checkout elsewhere; answers those whose bytes differ. */
function differing(): Target[] {
  const here = built(root);
  // Below dist, so that the copy belongs to the same commit.
  const copy = mkdtempSync(join(root, "dist", "elsewhere-"));
  try {
    const script = `git ls-files -coz --exclude-standard | xargs -0 cp --parents -t "$0" && cp -al node_modules "$0"`;
    const made = Bun.spawnSync(["sh", "-c", script, copy], { cwd: root });
    if (made.exitCode !== 0) throw new Error(`no copy of the checkout: ${made.stderr.toString()}`);
    const there = built(copy);
    return targets.filter((target) => here[target] !== there[target]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

interface Way {
  readonly how: string;
  readonly prefix: readonly string[];
}

/** How this machine can run an executable of that target; a string: why it cannot. */
function wayOf(target: Target, folder: string): Way | string {
  const emulator = (name: string, package_: string) => (Bun.which(name) === null ? `no ${package_} here` : null);
  if (process.arch !== "x64") return "tried on x64 machines only";
  switch (target) {
    case "linux-x64":
      return { how: "as it is", prefix: [] };
    case "linux-x64-baseline":
      return (
        emulator("qemu-x86_64-static", "qemu-user-static") ?? {
          how: "on an emulated Nehalem, without AVX",
          prefix: ["qemu-x86_64-static", "-cpu", "Nehalem"],
        }
      );
    case "linux-arm64":
      if (!existsSync("/usr/aarch64-linux-gnu/lib/libc.so.6")) return "no libc6-arm64-cross here";
      return (
        emulator("qemu-aarch64-static", "qemu-user-static") ?? {
          how: "on an emulated ARMv8",
          prefix: ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"],
        }
      );
    case "linux-x64-musl": {
      const prefix = muslPrefix(join(root, "dist", `relaypacs-${target}`), join(folder, "musl"));
      return prefix === null ? "no musl or g++ here" : { how: "on musl, with a stand-in for its libstdc++", prefix };
    }
    case "linux-arm64-musl":
      return "no musl for arm64 here";
  }
}

/** Its version, a copy of its database, and an answer of /health. @throws where one of them is not as it should be */
async function runs(target: Target, prefix: readonly string[], folder: string): Promise<void> {
  const command = [...prefix, join(root, "dist", `relaypacs-${target}`)];
  const config = join(folder, `${target}.toml`);
  writeFileSync(config, `listen = "127.0.0.1:0"\ndata_dir = "${join(folder, target)}"\ntls.mode = "off"\n`);
  const once = (...args: string[]) => Bun.spawnSync([...command, ...args], { stderr: "pipe" });
  if (!once("--version").stdout.toString().startsWith("relaypacs ")) throw new Error("no version");
  if (once("backup", join(folder, `${target}.backup`), "--config", config).exitCode !== 0) throw new Error("no copy");
  const box = Bun.spawn([...command, "serve", "--config", config], { stdout: "pipe", stderr: "ignore" });
  try {
    let said = "";
    void (async () => {
      for await (const piece of box.stdout) said += new TextDecoder().decode(piece);
    })();
    await until("it to listen", () => said.includes("\n") || box.exitCode !== null, 60_000);
    const url = /listening on (\S+)/.exec(said)?.[1];
    if (url === undefined || !(await fetch(`${url}/health`)).ok) throw new Error("no answer of /health");
  } finally {
    box.kill("SIGTERM");
    await Promise.race([box.exited, Bun.sleep(10_000)]);
    box.kill("SIGKILL");
  }
}

export async function run(): Promise<Outcome[]> {
  const different = differing();
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-targets-"));
  try {
    const rows: { readonly ran: boolean; readonly told: string }[] = [];
    for (const target of targets) {
      const way = wayOf(target, folder);
      const fault =
        typeof way === "string" ? way : await runs(target, way.prefix, folder).catch((error: Error) => error.message);
      rows.push({
        ran: fault === undefined,
        told: `${target} ${typeof way === "string" || fault ? `NOT: ${fault}` : way.how}`,
      });
      tell(`  ${rows.at(-1)?.told}`);
    }
    return [
      {
        promise: "I2",
        what: "two builds of one commit, in two folders, are the same bytes",
        target: "all five targets",
        measured: `${targets.length - different.length} of ${targets.length} by hash${different.length > 0 ? `; not ${different.join(", ")}` : ""}`,
        passed: different.length === 0,
      },
      {
        promise: "I3",
        what: "each built target runs: version, a copy of its database, /health",
        target: "all five targets",
        measured: rows.map(({ told }) => told).join(" · "),
        passed: rows.every(({ ran }) => ran),
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
