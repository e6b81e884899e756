import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { relaypacs, run } from "../cli/binary.ts";
import { until } from "./child.ts";
import { type Client, signIn } from "./client.ts";

/** The built executable, serving on loopback with a data folder of its own. */
export interface Box {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  readonly configFile: string;
  /** Every line it has put on stdout since its last start. */
  readonly lines: string[];
  /** Every line it has put on stderr since then. */
  readonly errors: string[];
  /** Events of that name among them. */
  events(name: string): Record<string, unknown>[];
  /** A signed-in client of this role; the account is made at the first call. */
  client(role?: "clinician" | "radiographer" | "radiologist" | "admin"): Promise<Client>;
  /** Makes the account of this role alone. */
  account(role: "clinician" | "radiographer" | "radiologist" | "admin"): Promise<void>;
  /** kill -9, at once. */
  kill(): Promise<void>;
  /** SIGTERM; answers its exit code. */
  terminate(): Promise<number | null>;
  /** Starts it again over the same data folder, where wanted with another configuration. */
  start(toml?: string): Promise<void>;
  /** SIGHUP with another configuration; answers whether it is used. */
  reload(toml: string): Promise<boolean>;
  /** Peak resident memory so far, bytes. */
  peakMemory(): Promise<number>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export const testPassword = "a long enough password";

/**
 * Starts a box.
 * @param toml the configuration behind `listen`, `data_dir` and `[tls]`; top-level keys go into `top`, those of [tls] into `tls`
 * @param options.inside prefix of its command, such as `ip netns exec NAME`
 */
export async function startBox(
  toml = "",
  options: {
    top?: string;
    /** Leaves the box without an administrator. */
    notSetUp?: boolean;
    tls?: string;
    dataDir?: string;
    env?: Record<string, string>;
    inside?: readonly string[];
  } = {},
): Promise<Box> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-box-"));
  const dataDir = options.dataDir ?? join(folder, "data");
  const configFile = join(folder, "relaypacs.toml");
  const write = (text: string) =>
    writeFileSync(
      configFile,
      `listen = "127.0.0.1:0"\ndata_dir = "${dataDir}"\n${options.top ?? ""}\n[tls]\n${options.tls ?? 'mode = "off"'}\n${withoutSecondFactor(text)}\n`,
    );
  write(toml);
  const clients = new Map<string, Promise<Client>>();
  const lines: string[] = [];
  const errors: string[] = [];
  let child: ReturnType<typeof spawn> | undefined;
  let url = "";

  function spawn() {
    return Bun.spawn([...(options.inside ?? []), ...relaypacs, "serve", "--config", configFile], {
      env: { PATH: process.env.PATH ?? "", ...options.env },
      cwd: folder,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  async function start(text?: string): Promise<void> {
    if (text !== undefined) write(text);
    lines.length = 0;
    errors.length = 0;
    const started = spawn();
    child = started;
    void collect(started.stdout, lines);
    void collect(started.stderr, errors);
    await until("the box to listen", () => lines.length > 0 || started.exitCode !== null);
    url = /^relaypacs listening on (http\S+)$/.exec(lines[0] ?? "")?.[1] ?? "";
    if (url === "") throw new Error(`the box did not start: ${errors.join("\n")}`);
  }
  await start();
  if (options.notSetUp !== true) setUp(resolve(folder, dataDir));

  const named = (name: string) =>
    lines.flatMap((line) => {
      if (!line.startsWith("{")) return [];
      const event = JSON.parse(line) as Record<string, unknown>;
      return event.event === name ? [event] : [];
    });
  const current = () => {
    if (!child) throw new Error("the box does not run");
    return child;
  };
  return {
    get url() {
      return url;
    },
    get pid() {
      return current().pid;
    },
    dataDir,
    configFile,
    lines,
    errors,
    events: named,
    client: (role = "radiographer") => {
      const made = clients.get(role) ?? makeAccount(configFile, role).then(() => signIn(() => url, role, testPassword));
      clients.set(role, made);
      return made;
    },
    account: (role) => makeAccount(configFile, role),
    kill: async () => {
      current().kill("SIGKILL");
      await current().exited;
    },
    terminate: async () => {
      current().kill("SIGTERM");
      return current().exited;
    },
    start,
    reload: async (text) => {
      const read = () => [named("app.reloaded").length, named("app.reload_failed").length] as const;
      const [used, refused] = read();
      write(text);
      current().kill("SIGHUP");
      await until("the box to read its configuration", () => read()[0] + read()[1] > used + refused);
      return read()[0] > used;
    },
    peakMemory: async () => {
      const status = await Bun.file(`/proc/${current().pid}/status`).text();
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    },
    stop: async () => {
      if (child && child.exitCode === null) {
        child.kill("SIGKILL");
        await child.exited;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** There is an administrator, whom nobody can be: else the box answers nothing but /setup. Kept where the folder was used before. */
function setUp(dataDir: string): void {
  const db = new Database(join(dataDir, "relaypacs.db"));
  try {
    db.run("PRAGMA busy_timeout = 10000");
    db.run(
      "INSERT OR IGNORE INTO user (id, username, password_hash, role, created_at, disabled_at) VALUES ('owner', 'owner-of-the-box', '', 'admin', 0, 0)",
    );
  } finally {
    db.close();
  }
}

/** By default an administrator has to set up a second factor first; tests that are not about it leave it out. */
function withoutSecondFactor(toml: string): string {
  if (toml.includes("require_totp_for")) return toml;
  const none = "[auth]\nrequire_totp_for = []";
  return /^\[auth\]$/m.test(toml) ? toml.replace(/^\[auth\]$/m, none) : `${toml}\n${none}`;
}

async function makeAccount(configFile: string, role: string): Promise<void> {
  const args = ["user", "add", role, "--role", role, "--password-stdin", "--config", configFile];
  const { code, stderr } = await run(args, { stdin: testPassword });
  if (code !== 0) throw new Error(stderr);
}

async function collect(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of stream) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  }
}
