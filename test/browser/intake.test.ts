import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";
import { putFiles } from "./put-files.ts";
import type {} from "./queue-page.ts";
import { type QueueRelay, startQueueRelay } from "./queue-relay.ts";
import { zipOf } from "./zip-of.ts";

const patience = 90_000;

if (chromium !== null)
  describe("choosing files in a real Chromium", () => {
    let box: Box;
    let relay: QueueRelay;
    let browser: Browser;
    const folder = mkdtempSync(join(tmpdir(), "relaypacs-intake-"));

    beforeAll(async () => {
      box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n');
      await box.client("radiographer");
      relay = await startQueueRelay(() => box.url);
      browser = await startBrowser();
      await open();
      await browser.page.evaluate((password) => window.handle.signIn("radiographer", password), testPassword);
    }, patience);
    afterAll(async () => {
      await browser?.stop();
      relay?.stop();
      await box?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    afterEach(() => {
      relay.fault = () => null;
      relay.chunks.length = 0;
    });

    async function open(): Promise<void> {
      await browser.page.goto(`${relay.url}/`);
      await browser.page.waitForFunction(() => document.title === "ready");
    }
    function written(name: string, bytes: Uint8Array): string {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      return path;
    }
    const image = (study: string, sop: string, pixels: number) =>
      Buffer.from(madeBytes({ study, series: `${study}.1`, sop, pixels }));
    const choose = (paths: readonly string[]) => putFiles(browser.page, "input", paths);
    const newest = () =>
      browser.page.evaluate(() => window.handle.queue.studies.toSorted((a, b) => b.createdAt - a.createdAt)[0]);
    const newestIs = (state: string) =>
      until(`it to be ${state}`, async () => (await newest())?.state === state, 60_000);

    test(
      "a file of 40 MB is hashed as it is stored: the second time nothing of it is sent",
      async () => {
        const bytes = image("2.25.6001", "2.25.6001.1", 40_000_000);
        randomBytes(1_000_000).copy(bytes, 39_000_000);
        await choose([written("large.dcm", bytes)]);
        await browser.page.evaluate(() => window.handle.send());
        await newestIs("done");
        expect(relay.chunks.length).toBeGreaterThan(0);
        relay.chunks.length = 0;
        await browser.page.evaluate(() => window.handle.send());
        await until("the second to stand", async () => (await newest())?.alreadyThere === 1, 60_000);
        await newestIs("done");
        expect(relay.chunks).toHaveLength(0);
        expect((await newest())?.status?.state).toBe("delivered");
        const before = await browser.page.evaluate(() => window.handle.queue.deliveredBefore("2.25.6001"));
        expect(before?.imageCount).toBe(1);
        expect(await browser.page.evaluate(() => window.handle.queue.deliveredBefore("2.25.6000"))).toBeNull();
      },
      patience,
    );

    test(
      "two patients among 1500 entries of a ZIP are found, and the page does not stand still",
      async () => {
        const entries = Array.from({ length: 1500 }, (_, index) => {
          const study = index === 777 ? "2.25.6003" : "2.25.6002";
          return [`DICOM/IM${index}`, image(study, `${study}.${index + 1}`, 600)] as const;
        });
        await choose([written("many.zip", await zipOf(entries))]);
        await browser.page.evaluate(() => {
          window.longest = 0;
        });
        const { studies } = await browser.page.evaluate(() => window.handle.scan());
        expect(studies).toHaveLength(1);
        expect(studies[0]?.imageCount).toBe(1500);
        expect(studies[0]?.parts.map(({ imageCount }) => imageCount)).toEqual([1499, 1]);
        expect(await browser.page.evaluate(() => window.longest)).toBeLessThan(50);
      },
      patience,
    );

    const noisy = (study: string, n: number) => {
      const bytes = image(study, `${study}.${n}`, 400_000);
      randomBytes(200_000).copy(bytes, bytes.length - 200_000);
      return bytes;
    };

    test(
      "a device without room: the study goes from its files, and after a reload asks for the same files again",
      async () => {
        const files = [1, 2].map((n) => written(`full-${n}.dcm`, noisy("2.25.6005", n)));
        relay.fault = (_, path) => (path.endsWith("/chunk") ? "hang" : null);
        await browser.page.evaluate(() => {
          navigator.storage.estimate = () => Promise.resolve({ quota: 1000, usage: 0 });
        });
        await choose(files);
        await browser.page.evaluate(() => window.handle.send());
        await newestIs("uploading");
        const study = await newest();
        expect(study?.kept).toBe(false);
        await open();
        await until("the files to be asked for", async () => (await newest())?.cause === "files_gone");
        relay.fault = () => null;
        await choose(files);
        const found = await browser.page.evaluate((id) => window.handle.rechoose(id), study?.id ?? "");
        expect(found).toEqual({ found: 2, missing: 0 });
        await newestIs("done");
        expect((await newest())?.status?.state).toBe("delivered");
        expect((await newest())?.id).toBe(study?.id ?? "");
      },
      patience,
    );

    test(
      "handed over: what had not begun is opened first, and all of it goes on with nobody signed in",
      async () => {
        const states = () => browser.page.evaluate(() => window.handle.queue.studies.map(({ state }) => state));
        const before = (await states()).length;
        relay.fault = (_, path) => (path.endsWith("/chunk") ? "hang" : null);
        for (const study of ["2.25.6006", "2.25.6007"]) {
          await choose([written(`${study}.dcm`, noisy(study, 1))]);
          await browser.page.evaluate(() => window.handle.send());
        }
        await until("the first to be under way", async () => (await states()).includes("uploading"));
        await browser.page.evaluate(async () => {
          await window.handle.queue.handOver();
          await window.handle.signOut();
        });
        relay.fault = () => null;
        await open(); // the stalled requests end with the page
        await until("both to be delivered", async () => (await states()).every((state) => state === "done"), 60_000);
        expect(await states()).toHaveLength(before + 2);
        await browser.page.evaluate((password) => window.handle.signIn("radiographer", password), testPassword);
      },
      patience,
    );

    test(
      "lost bytes: the same files chosen again go on where they stood, others are not taken",
      async () => {
        const study = "2.25.6004";
        const files = [1, 2, 3].map((n) => noisy(study, n));
        const paths = files.map((bytes, index) => written(`lost-${index}.dcm`, bytes));
        relay.fault = ({ url }, path) => (path.endsWith("/chunk") && !url.includes("file_id=0&") ? "hang" : null);
        await choose(paths);
        await browser.page.evaluate(() => window.handle.send());
        await until("the first bytes", () => relay.acknowledged() > 300_000);
        const id = (await newest())?.id ?? "";
        await browser.page.evaluate((one) => window.handle.queue.pause(one), id);
        await newestIs("paused");
        await browser.page.evaluate(
          () =>
            new Promise<void>((resolve) => {
              indexedDB.open("relaypacs-queue").onsuccess = (event) => {
                const db = (event.target as IDBOpenDBRequest).result;
                const tx = db.transaction("slices", "readwrite");
                tx.objectStore("slices").clear(); // as a browser does that needs room
                tx.oncomplete = () => {
                  db.close();
                  resolve();
                };
              };
            }),
        );
        relay.fault = () => null;
        await open();
        await browser.page.evaluate((one) => window.handle.queue.resume(one), id);
        await until("the loss to be told", async () => (await newest())?.cause === "files_gone");
        const before = relay.chunks.length;

        const changed = Buffer.from(files[0] ?? []);
        changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
        await choose([written("changed.dcm", changed)]);
        const rechoose = () => browser.page.evaluate((one) => window.handle.rechoose(one), id);
        expect(await rechoose()).toEqual({ found: 0, missing: 3 });
        expect((await newest())?.cause).toBe("files_gone");

        await choose(files.map((bytes, index) => written(`renamed-${index}`, bytes)));
        expect(await rechoose()).toEqual({ found: 3, missing: 0 });
        await newestIs("done");
        expect((await newest())?.status?.state).toBe("delivered");
        const sent = relay.chunks.slice(before).reduce((sum, { bytes }) => sum + bytes, 0);
        const total = files.reduce((sum, { length }) => sum + length, 0);
        expect(sent).toBeLessThan(total - 200_000); // what the box had was not sent twice
      },
      patience,
    );
  });
