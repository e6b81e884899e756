import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesPerPortion } from "../../web/core/portions.ts";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { choosePaths } from "../support/far-phone.ts";
import { madeBytes } from "../support/made-instance.ts";
import { signIn } from "../support/signing-in.ts";

/** More than one portion of the page's, and not so many that the test is slow. */
const count = filesPerPortion + 100;

/** The most that the page's own thread did at once, by what it did. */
interface Most {
  /** Files handed to a worker in one message. */
  handed: number;
  /** Rows written in one transaction. */
  rows: number;
  /** Files in one call of JSON.stringify. */
  json: number;
  /** UIDs looked at in one task. */
  uids: number;
}

/** Runs in the page, before the app. */
function watchPortions(): void {
  const most: Most = { handed: 0, rows: 0, json: 0, uids: 0 };
  const note = (name: keyof Most, figure: number) => {
    most[name] = Math.max(most[name], figure);
  };
  Object.assign(window, { most });
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, message: unknown, given?: unknown) {
    const files: unknown = Reflect.get(Object(message), "files");
    if (Array.isArray(files)) note("handed", files.length);
    Reflect.apply(postMessage, this, given === undefined ? [message] : [message, given]);
  };
  const rows = new WeakMap<IDBTransaction, number>();
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
    rows.set(this.transaction, (rows.get(this.transaction) ?? 0) + 1);
    note("rows", rows.get(this.transaction) ?? 0);
    return put.call(this, value, key);
  };
  const { stringify } = JSON;
  JSON.stringify = (value: unknown, ...rest: unknown[]) => {
    const files: unknown = Array.isArray(value) ? value : Reflect.get(Object(value), "files");
    if (Array.isArray(files)) note("json", files.length);
    return Reflect.apply(stringify, JSON, [value, ...rest]);
  };
  let looked = 0;
  const { exec } = RegExp.prototype;
  RegExp.prototype.exec = function (this: RegExp, text: string) {
    if (text.startsWith("2.25.")) {
      if (looked === 0) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          looked = 0;
        };
        port2.postMessage(0);
      }
      looked += 1;
      note("uids", looked);
    }
    return exec.call(this, text);
  };
}

if (chromium !== null) {
  setDefaultTimeout(120_000);
  let box: Box;
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-portions-"));
  beforeAll(async () => {
    box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n');
    await box.account("radiographer");
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.stop();
    await box.stop();
    rmSync(folder, { recursive: true });
  });

  test(`${count} files go through the page in portions, from the choice to the box`, async () => {
    const paths = Array.from({ length: count }, (_, index) => join(folder, `IM${index}`));
    for (const path of paths) writeFileSync(path, madeBytes({ study: "2.25.8402", series: "2.25.8402.1" }));
    await browser.page.addInitScript(watchPortions);
    await signIn(browser.page, box.url, "radiographer");
    await choosePaths(browser.page, "Add study", paths);
    await browser.page.getByRole("button", { name: "Send", exact: true }).click({ timeout: 60_000 });
    await until("the box to have all", () => box.events("upload.completed").length > 0, 90_000);
    const most: Most = await browser.page.evaluate(() => Reflect.get(window, "most"));
    for (const [name, figure] of Object.entries(most)) {
      expect([name, figure > 0]).toEqual([name, true]);
      expect([name, figure <= filesPerPortion]).toEqual([name, true]);
    }
  });
}
