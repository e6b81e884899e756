import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "./binary.ts";

let folder: string;
let config: string;
const settings = (more = "") => `listen = "127.0.0.1:0"
data_dir = "${join(folder, "data")}"
tls.mode = "off"
${more}
[limits]
min_free_disk_bytes = 0
[[destination]]
id = "folder"
kind = "folder"
path = "received"
`;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-serve-"));
  config = join(folder, "relaypacs.toml");
  writeFileSync(config, settings());
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts a server and gives its lines as they come. */
function serve() {
  const child = start(["serve", "--config", config]);
  const lines: string[] = [];
  const reader = (async () => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const piece of child.stdout) {
      const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts);
    }
  })();
  const until = async (wanted: (line: string) => boolean): Promise<string> => {
    for (;;) {
      const found = lines.find(wanted);
      if (found !== undefined) return found;
      const ended = child.exitCode ?? child.signalCode;
      if (ended !== null) throw new Error(`the server ended with ${ended}`);
      await Bun.sleep(5);
    }
  };
  const event = (name: string) => until((line) => line.startsWith("{") && JSON.parse(line).event === name);
  return { child, lines, reader, until, event };
}

test("the address is the first line, then JSON lines alone; SIGTERM ends it with 0", async () => {
  const { child, lines, reader, until, event } = serve();
  const first = await until(() => true);
  const url = /^relaypacs listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(first)?.[1];
  expect(url).toBeDefined();
  expect((await fetch(`${url}/health`)).status).toBe(200);
  await event("app.started");
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  await reader;
  const events = lines.slice(1).map((line) => JSON.parse(line));
  expect(events.every(({ level, time, event: name }) => level && time && name)).toBe(true);
  expect(events.at(-1)).toMatchObject({ event: "app.stopped", state: "done" });
}, 30_000);

test("SIGHUP reads the configuration again; a wrong one leaves the present one", async () => {
  const { child, event } = serve();
  await event("app.started");
  writeFileSync(config, settings("nonsense = 1"));
  child.kill("SIGHUP");
  expect(JSON.parse(await event("app.reload_failed"))).toMatchObject({ level: "error", error_class: "ConfigError" });
  writeFileSync(config, settings('site_name = "Ward 7"'));
  child.kill("SIGHUP");
  await event("app.reloaded");
  child.kill("SIGINT");
  expect(await child.exited).toBe(0);
  expect(await new Response(child.stderr).text()).toContain("nonsense: is not a known key");
}, 30_000);

test("a SIGHUP that comes while it starts is kept until it runs", async () => {
  const { child, event } = serve();
  // The data folder is made long before the address is told; unheard, the signal would end the process.
  while (!existsSync(join(folder, "data")) && child.exitCode === null) await Bun.sleep(1);
  child.kill("SIGHUP");
  await event("app.reloaded");
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
}, 30_000);

test.each(["proxy.lan", "10.0.0.0/33", "10.0.0", "*", ""])(
  "a trusted proxy %j ends the start with 2 and says what is allowed",
  async (entry) => {
    writeFileSync(config, settings(`tls.behind_proxy = true\ntls.trusted_proxies = ["127.0.0.1", "${entry}"]`));
    const child = start(["serve", "--config", config]);
    const told = new Response(child.stderr).text();
    expect(await child.exited).toBe(2);
    expect(await told).toContain(
      'tls.trusted_proxies[1]: must be an address or a network, such as "10.0.0.5" or "10.0.0.0/24"',
    );
    expect(existsSync(join(folder, "data"))).toBe(false);
  },
);
