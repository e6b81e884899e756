import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type Browser as Connection, type Page, chromium as playwright } from "playwright-core";
import { program, until } from "./child.ts";

/** Chromium's path, or null where this machine lacks it: then a file defines no browser tests. */
export const chromium = program("chromium") ?? program("chromium-browser") ?? program("google-chrome");

/** Puts authorities into a browser's store; null where this machine lacks it. */
export const certutil = program("certutil");

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage", // containers give it 64 MB
  "--remote-debugging-port=0",
];

/** A real Chromium with a profile of its own on disk: what it stored is there after a kill and a new start. */
export interface Browser {
  readonly pid: number;
  readonly profile: string;
  readonly context: BrowserContext;
  /** The page it shows; the first one of each start. */
  readonly page: Page;
  /** What pages have said on the console as errors, thrown or been refused by their policy, since the first start. */
  readonly complaints: string[];
  /** Everything that pages have said on the console, with its kind. */
  readonly said: string[];
  /**
   * Runs this while nothing watches the page: a driver is handed every request's body, which costs Chromium about half a second
   * for each MB that the page sends.
   */
  unwatched(work: () => Promise<void>): Promise<void>;
  /** Takes the network away from pages and service workers, or gives it back. */
  offline(on: boolean): Promise<void>;
  /** Writes `test/screenshots/NAME.png`, which git ignores, where SCREENSHOTS=1 asks for it. */
  screenshot(name: string): Promise<void>;
  /** kill -9, at once. */
  kill(): Promise<void>;
  /** Closes it as a person does. */
  close(): Promise<void>;
  /** Starts it again over the same profile. */
  start(): Promise<void>;
  /** Ends it and removes its profile. */
  stop(): Promise<void>;
}

export interface BrowserOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "dark" | "light";
  /** What the person reads: `en`, `de`, `fr`. */
  readonly language?: string;
  readonly flags?: readonly string[];
  /** Files of authorities that it trusts beside its own, PEM; needs certutil. */
  readonly trusted?: readonly string[];
  /** Refuses service workers, as an untrusted certificate does. */
  readonly withoutServiceWorker?: boolean;
  /** Where the folder with its profile is made; default: the machine's for temporary files. */
  readonly parent?: string;
  /** Prefix of the command, such as `ip netns exec NAME`. */
  readonly inside?: readonly string[];
  /** Where its debugging port is reached from here, when it runs inside such a thing. */
  readonly reach?: (port: number) => Promise<number>;
}

/** What pages said, but for Chromium's note that an app which offers to be installed later is not offered now. */
export const spoken = ({ said }: Browser): string[] =>
  said.filter((line) => !line.startsWith("info: Banner not shown"));

/** Puts an authority into the store that Chromium reads on Linux, in this home. @throws Error */
function trust(home: string, name: string, file: string): void {
  const store = join(home, ".pki/nssdb");
  const run = (...args: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync([certutil ?? "", "-d", `sql:${store}`, ...args], { stdin: "ignore" });
    if (exitCode !== 0) throw new Error(`certutil: ${stderr.toString()}`);
  };
  if (!existsSync(store)) {
    mkdirSync(store, { recursive: true });
    run("-N", "--empty-password");
  }
  run("-A", "-n", name, "-t", "C,,", "-i", file);
}

const screenshots = join(import.meta.dir, "../screenshots");

/** @throws Error where there is no Chromium or it does not come up */
export async function startBrowser(options: BrowserOptions = {}): Promise<Browser> {
  if (chromium === null) throw new Error("there is no Chromium on this machine");
  const executable = chromium;
  const folder = mkdtempSync(join(options.parent ?? tmpdir(), "relaypacs-browser-"));
  const profile = join(folder, "profile");
  const complaints: string[] = [];
  const said: string[] = [];
  let running:
    | { child: Bun.Subprocess; address: string; connection: Connection; context: BrowserContext; page: Page }
    | undefined;
  const current = () => {
    if (!running) throw new Error("the browser does not run");
    return running;
  };

  async function prepare(page: Page): Promise<void> {
    page.on("console", (message) => {
      said.push(`${message.type()}: ${message.text()}`);
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.setViewportSize(options.viewport ?? { width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: options.colorScheme ?? "dark" });
  }

  async function start(): Promise<void> {
    const portFile = join(profile, "DevToolsActivePort");
    rmSync(portFile, { force: true });
    const child = Bun.spawn(
      [
        ...(options.inside ?? []),
        executable,
        ...flags,
        `--user-data-dir=${profile}`,
        `--accept-lang=${options.language ?? "en"}`,
        ...(options.flags ?? []),
        "about:blank",
      ],
      // Its own home: nothing of the machine's configuration, caches or desktop takes part.
      { stdin: "ignore", stdout: "ignore", stderr: "ignore", env: { PATH: process.env.PATH ?? "", HOME: folder } },
    );
    const lines = () => (existsSync(portFile) ? readFileSync(portFile, "utf8").split("\n") : []);
    try {
      await until("Chromium to come up", () => lines().length > 1 || child.exitCode !== null, 30_000);
      const [inner = "", path = ""] = lines();
      const port = options.reach === undefined ? inner : await options.reach(Number(inner));
      running = { child, ...(await watch(`ws://127.0.0.1:${port}${path}`)) };
    } catch (error) {
      child.kill("SIGKILL"); // nobody else knows of it yet
      await child.exited;
      throw error;
    }
  }
  async function watch(address: string) {
    const connection = await playwright.connectOverCDP(address);
    const context = connection.contexts()[0];
    const page = context?.pages()[0] ?? (await context?.newPage());
    if (!context || !page) throw new Error("Chromium has no page");
    context.on("page", (opened) => void prepare(opened).catch(() => undefined));
    if (options.withoutServiceWorker)
      await context.addInitScript(() => {
        navigator.serviceWorker.register = () => Promise.reject(new DOMException("refused", "SecurityError"));
      });
    await prepare(page);
    return { address, connection, context, page };
  }
  async function end(how: (child: Bun.Subprocess) => Promise<void> | void): Promise<void> {
    if (!running) return;
    const { child, connection } = running;
    running = undefined;
    await how(child);
    await child.exited;
    await connection.close().catch(() => undefined);
  }
  const kill = () => end((child) => child.kill("SIGKILL"));

  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });

  try {
    for (const [index, file] of (options.trusted ?? []).entries()) trust(folder, `authority-${index}`, file);
    await start();
  } catch (error) {
    remove();
    throw error;
  }
  return {
    get pid() {
      return current().child.pid;
    },
    profile,
    get context() {
      return current().context;
    },
    get page() {
      return current().page;
    },
    complaints,
    said,
    unwatched: async (work) => {
      const { child, address, connection } = current();
      await connection.close();
      try {
        await work();
      } finally {
        running = { child, ...(await watch(address)) };
      }
    },
    offline: (on) => current().context.setOffline(on),
    screenshot: async (name) => {
      if (process.env.SCREENSHOTS !== "1") return;
      mkdirSync(screenshots, { recursive: true });
      await current().page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
    },
    kill,
    // By its own command: after a SIGTERM it does not write cookies and the like that it still holds back.
    close: async () => {
      const session = await current().connection.newBrowserCDPSession();
      await end(async () => {
        await session.send("Browser.close").catch(() => undefined);
      });
    },
    start,
    stop: async () => {
      await kill();
      remove();
    },
  };
}
