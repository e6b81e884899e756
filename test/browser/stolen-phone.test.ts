import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { found, type Place, telling } from "../../scripts/proof/sentinels.ts";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { type Hand, handAt } from "./hand.ts";
import { storedBy } from "./queue-stored.ts";

const define = chromium === null ? () => {} : describe;
define("a phone that is stolen while it holds a study (T32)", () => {
  let box: Box;
  let browser: Browser;
  let hand: Hand;
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-stolen-"));
  beforeAll(async () => {
    box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n');
    await box.account("radiographer");
    browser = await startBrowser();
    hand = handAt(browser);
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
    await box.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const everything: readonly Place[] = ["pixels", "tags", "notes", "display", "fileNames"];
  const files = () =>
    readdirSync(browser.profile, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name)) }));
  /** Which file of the raw profile holds which word. */
  const told = () => files().flatMap(({ name, bytes }) => found(bytes, everything).map((word) => `${name}: ${word}`));
  const holds = (word: string) =>
    files().some(({ bytes }) => bytes.includes(word) || bytes.includes(word, 0, "utf16le"));

  test("its raw profile holds nothing of the patient, neither while the study waits nor afterwards", async () => {
    const path = join(folder, "Qzxfile-Jane.dcm");
    writeFileSync(path, telling());
    await hand.signIn(box.url);
    await browser.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    // What is stored in the open is found: else the search would show nothing.
    await browser.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open("control", 1);
          request.onupgradeneeded = () => request.result.createObjectStore("rows").put("Qzxcontrol", 1);
          request.onsuccess = () => resolve();
        }),
    );
    await browser.offline(true);
    await hand.choose("Add study", path);
    await hand.see("Confirm study");
    await hand.type("Clinical notes", "Qzxnotes: fell from a ladder");
    await hand.tap("Send");
    await hand.read("Work is saved on this device.");
    expect((await storedBy(browser.page)).counts).toMatchObject({ studies: 1, manifests: 1, keys: 1 });
    await browser.close();
    expect(holds("Qzxcontrol")).toBe(true);
    expect(told()).toEqual([]);
    await browser.start();
    await browser.page.goto(`${box.url}/#/progress`);
    await hand.delivered(1);
    expect((await storedBy(browser.page)).counts).toMatchObject({ manifests: 0, keys: 0, slices: 0 });
    await browser.close();
    expect(told()).toEqual([]);
    await browser.start();
  }, 120_000);

  test("no script reads the key out: it is made so that it cannot be exported", async () => {
    await browser.page.goto(`${box.url}/#/send`);
    await hand.see("Upload study");
    await browser.offline(true);
    const path = join(folder, "other.dcm");
    writeFileSync(path, telling());
    await hand.choose("Add study", path);
    await hand.see("Confirm study");
    await hand.tap("Send");
    await hand.read("Work is saved on this device.");
    const refused = await browser.page.evaluate(async () => {
      const db = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open("relaypacs-queue");
        request.onsuccess = () => resolve(request.result);
      });
      const keys = await new Promise<CryptoKey[]>((resolve) => {
        const request = db.transaction("keys").objectStore("keys").getAll();
        request.onsuccess = () => resolve(request.result);
      });
      db.close();
      return Promise.all(
        keys.map((key) =>
          crypto.subtle.exportKey("raw", key).then(
            () => "exported",
            (error: Error) => error.name,
          ),
        ),
      );
    });
    expect(refused).toEqual(["InvalidAccessError"]);
  }, 60_000);
});
