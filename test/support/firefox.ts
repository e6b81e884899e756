import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bidi, connectBidi } from "./bidi.ts";
import { program, until } from "./child.ts";

/** Firefox's path, or null where this machine lacks it. Ubuntu's `firefox` is a snap, which cannot see the tests' folders. */
export const firefox = program("firefox-esr");

/** Nothing but the pages it is sent to: no first run, no updates, no calls home. */
const preferences = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.newtabpage.enabled": false,
  "browser.safebrowsing.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

/** A stock Firefox with a profile of its own, driven by WebDriver BiDi. */
export interface Firefox {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** The JSON value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Clicks with the mouse what has this role and name. */
  click(role: string, name: string): Promise<void>;
  /** Types into the field of this name. */
  type(name: string, text: string): Promise<void>;
  /** Clicks the button that opens a file picker, and chooses there. */
  choose(button: string, paths: readonly string[]): Promise<void>;
  /** Ends it and removes its profile. */
  stop(): Promise<void>;
}

/** @throws Error where there is no Firefox or it does not come up */
export async function startFirefox(viewport: { width: number; height: number }): Promise<Firefox> {
  if (firefox === null) throw new Error("there is no Firefox on this machine");
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-firefox-"));
  const profile = join(folder, "profile");
  mkdirSync(profile);
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const child = Bun.spawn([firefox, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    env: { PATH: process.env.PATH ?? "", HOME: folder },
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await child.exited;
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  try {
    const portFile = join(profile, "WebDriverBiDiServer.json");
    await until("Firefox to come up", () => existsSync(portFile) || child.exitCode !== null, 60_000);
    const { ws_host, ws_port } = JSON.parse(readFileSync(portFile, "utf8")) as { ws_host: string; ws_port: number };
    const bidi = await connectBidi(`ws://${ws_host}:${ws_port}/session`);
    return { ...(await handsOn(bidi, viewport)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function handsOn(bidi: Bidi, viewport: { width: number; height: number }): Promise<Omit<Firefox, "stop">> {
  await bidi.call("session.new", { capabilities: { alwaysMatch: { unhandledPromptBehavior: { file: "dismiss" } } } });
  await bidi.call("session.subscribe", { events: ["input.fileDialogOpened"] });
  const { contexts } = await bidi.call<{ contexts: { context: string }[] }>("browsingContext.getTree", {});
  const context = contexts[0]?.context ?? "";
  await bidi.call("browsingContext.setViewport", { context, viewport });

  /** What has this name, and this role where one is given, once it is there. */
  async function find(role: string | null, name: string): Promise<{ sharedId: string }> {
    let found: { sharedId: string }[] = [];
    const locator = { type: "accessibility", value: role === null ? { name } : { role, name } };
    await until(
      `${role ?? "something"} called ${name}`,
      async () => {
        const answer = await bidi.call<{ nodes: typeof found }>("browsingContext.locateNodes", { context, locator });
        found = answer.nodes;
        return found.length > 0;
      },
      30_000,
    );
    return { sharedId: found[0]?.sharedId ?? "" };
  }
  const click = async (role: string | null, name: string) => {
    const element = await find(role, name);
    await bidi.call("script.callFunction", {
      functionDeclaration: "(element) => element.scrollIntoView({ block: 'center' })",
      arguments: [element],
      target: { context },
      awaitPromise: false,
    });
    const actions = [
      { type: "pointerMove", x: 0, y: 0, origin: { type: "element", element } },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ];
    await bidi.call("input.performActions", { context, actions: [{ type: "pointer", id: "mouse", actions }] });
  };
  return {
    goto: async (url) => void (await bidi.call("browsingContext.navigate", { context, url, wait: "complete" })),
    reload: async () => void (await bidi.call("browsingContext.reload", { context, wait: "complete" })),
    evaluate: async <T>(expression: string) => {
      const answer = await bidi.call<{ result: { value: string } }>("script.evaluate", {
        expression: `JSON.stringify(${expression})`,
        target: { context },
        awaitPromise: false,
      });
      return JSON.parse(answer.result.value) as T;
    },
    click,
    type: async (name, text) => {
      await click(null, name); // a password's field has no role
      const actions = [...text].flatMap((value) => [
        { type: "keyDown", value },
        { type: "keyUp", value },
      ]);
      await bidi.call("input.performActions", { context, actions: [{ type: "key", id: "keys", actions }] });
    },
    choose: async (button, files) => {
      const opened = bidi.next<{ element?: { sharedId: string } }>("input.fileDialogOpened");
      await click("button", button);
      const { element } = await opened;
      if (element === undefined) throw new Error("the picker belongs to no field");
      await bidi.call("input.setFiles", { context, element: { sharedId: element.sharedId }, files });
    },
  };
}
