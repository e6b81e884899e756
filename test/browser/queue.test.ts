import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QueuedStudy } from "../../web/queue/types.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { noisyStudy } from "./noise.ts";
import type {} from "./queue-page.ts";
import { type QueueRelay, sentTwice, startQueueRelay } from "./queue-relay.ts";
import { storedBy } from "./queue-stored.ts";

const patience = 90_000;
const destination = '[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n';

if (chromium !== null)
  describe("the device's queue in a real Chromium", () => {
    let box: Box;
    let relay: QueueRelay;
    let browser: Browser;
    const folder = mkdtempSync(join(tmpdir(), "relaypacs-queue-"));
    let earlier: ReadonlySet<string> = new Set();

    beforeAll(async () => {
      box = await startBox(destination);
      await box.client("radiographer");
      relay = await startQueueRelay(() => box.url);
      browser = await startBrowser();
      await open();
      await signIn();
    }, patience);
    afterAll(async () => {
      await browser?.stop();
      relay?.stop();
      await box?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
      earlier = new Set((await studies()).map(({ id }) => id));
    });
    afterEach(() => {
      relay.fault = () => null;
      relay.chunks.length = 0;
      relay.asked.length = 0;
    });

    const signIn = () =>
      browser.page.evaluate((password) => window.handle.signIn("radiographer", password), testPassword);
    async function open(): Promise<void> {
      await browser.page.goto(`${relay.url}/`);
      await browser.page.waitForFunction(() => document.title === "ready");
    }
    const study = (files: number, pixels: number) => noisyStudy(folder, files, pixels);
    async function choose(paths: readonly string[], stat = false) {
      await browser.page.locator("input").setInputFiles([...paths]);
      return browser.page.evaluate(
        (serviceLevel) => window.handle.send({ serviceLevel }),
        stat ? ("stat" as const) : ("routine" as const),
      );
    }
    const studies = (): Promise<readonly QueuedStudy[]> =>
      browser.page.evaluate(() => [...window.handle.queue.studies]);
    const newest = async () => (await studies()).toSorted((a, b) => a.createdAt - b.createdAt).at(-1);
    /** Waits for the studies that this test has added. */
    const delivered = (count = 1) =>
      until(
        "the study to be delivered",
        async () => {
          const added = (await studies()).filter(({ id }) => !earlier.has(id));
          return added.length === count && added.every(({ status }) => status?.state === "delivered");
        },
        60_000,
      );
    /** The files in the destination's folder are those that were chosen, data set for data set. */
    function received(uid: string): number {
      const names = readdirSync(join(box.dataDir, "received", uid), { recursive: true, encoding: "utf8" });
      return names.filter((name) => name.endsWith(".dcm")).length;
    }
    const stored = () => storedBy(browser.page);

    test(
      "a study goes from the files to delivered, and nothing of the patient stays",
      async () => {
        const { paths, uid } = study(12, 200_000);
        expect(await choose(paths)).toEqual({ studies: 1, leftOut: 0, unreadable: 0 });
        await delivered();
        expect(received(uid)).toBe(12);
        expect(sentTwice(relay.chunks)).toBe(0);
        await until("the device to be empty", async () => (await stored()).counts.slices === 0);
        const { counts, text } = await stored();
        expect(counts).toMatchObject({ slices: 0, keys: 0, manifests: 0 });
        expect(text).not.toMatch(/Made\^?Up|MADE|\.dcm/);
        expect(text).not.toContain(uid);
      },
      patience,
    );

    test.each([
      ["500", () => new Response("", { status: 500 })],
      ["429", () => Response.json({ code: "too_many_requests" }, { status: 429, headers: { "retry-after": "1" } })],
      ["507", () => Response.json({ code: "insufficient_storage" }, { status: 507, headers: { "retry-after": "1" } })],
      ["a flipped byte", () => "corrupt" as const],
      ["401 token_expired", () => Response.json({ code: "token_expired" }, { status: 401 })],
    ])(
      "goes on after %s",
      async (_, trouble) => {
        const { paths, uid } = study(4, 300_000);
        let left = 3;
        relay.fault = (_, path) => (path.endsWith("/chunk") && left-- > 0 ? trouble() : null);
        await choose(paths);
        await delivered();
        expect(left).toBeLessThan(0);
        expect(received(uid)).toBe(4);
      },
      patience,
    );

    test(
      "a lost answer to init makes no second upload",
      async () => {
        const { paths, uid } = study(1, 50_000);
        let left = 1;
        relay.fault = (_, path) => (path === "/upload/init" && left-- > 0 ? "lost" : null);
        await choose(paths);
        await delivered();
        expect(relay.asked.filter((line) => line === "POST /upload/init")).toHaveLength(2);
        expect(new Set(relay.asked.flatMap((line) => /\/upload\/([^/]+)\/status/.exec(line)?.[1] ?? [])).size).toBe(1);
        expect(received(uid)).toBe(1);
      },
      patience,
    );

    test(
      "waits without a network and goes on when it is back",
      async () => {
        await browser.offline(true);
        const { paths, uid } = study(3, 100_000);
        await browser.page.locator("input").setInputFiles(paths);
        await browser.page.evaluate(() => window.handle.send());
        await until("the study to wait", async () => (await newest())?.cause === "offline");
        expect((await newest())?.kept).toBe(true);
        await browser.offline(false);
        await delivered();
        expect(received(uid)).toBe(3);
      },
      patience,
    );

    test(
      "the box killed and started again in the middle",
      async () => {
        const { paths, uid } = study(8, 500_000);
        let killing: Promise<void> | null = null;
        relay.fault = (_, path) => {
          if (path.endsWith("/chunk") && relay.acknowledged() > 1_000_000)
            killing ??= box.kill().then(() => box.start());
          return null;
        };
        await choose(paths);
        await delivered();
        expect(killing).not.toBeNull();
        expect(received(uid)).toBe(8);
      },
      patience,
    );

    test(
      "an urgent study overtakes",
      async () => {
        const slow = study(20, 100_000);
        const urgent = study(1, 50_000);
        const gate = Promise.withResolvers<null>();
        relay.fault = (_, path) => (path.endsWith("/chunk") && relay.acknowledged() > 0 ? gate.promise : null);
        await choose(slow.paths);
        await until("the first to be under way", () => relay.acknowledged() > 0);
        await choose(urgent.paths, true);
        gate.resolve(null);
        await delivered(2);
        const stat = (await studies()).find(({ serviceLevel }) => serviceLevel === "stat");
        expect(relay.asked.find((line) => line.endsWith("/complete"))).toContain(stat?.uploadId ?? "?");
        expect([received(slow.uid), received(urgent.uid)]).toEqual([20, 1]);
      },
      patience,
    );

    test(
      "an expired upload starts anew by itself",
      async () => {
        const { paths, uid } = study(2, 100_000);
        let left = 1;
        relay.fault = (_, path) =>
          path.endsWith("/chunk") && left-- > 0 ? Response.json({ code: "upload_expired" }, { status: 410 }) : null;
        await choose(paths);
        await delivered();
        expect(received(uid)).toBe(2);
        expect(relay.asked.filter((line) => line === "POST /upload/init")).toHaveLength(2);
      },
      patience,
    );

    test(
      "a second tab does not send, and takes over when the first closes",
      async () => {
        const { paths, uid } = study(4, 300_000);
        const gate = Promise.withResolvers<null>();
        relay.fault = (_, path) => (path.endsWith("/chunk") ? gate.promise : null);
        await choose(paths);
        await until("a request to be under way", () => relay.chunks.length > 0);
        const first = browser.page;
        const second = await browser.context.newPage();
        await second.goto(`${relay.url}/`);
        await second.waitForFunction(() => window.handle?.queue.studies.some(({ cause }) => cause === "other_tab"));
        relay.fault = () => null;
        await first.goto("about:blank");
        const state = (id: string) =>
          second.evaluate((one) => window.handle.queue.studies.find((study) => study.id === one)?.status?.state, id);
        const ids = await second.evaluate(() => window.handle.queue.studies.map(({ id }) => id));
        const id = ids.find((one) => !earlier.has(one)) ?? "";
        await until("the second tab to deliver", async () => (await state(id)) === "delivered", 60_000);
        expect(received(uid)).toBe(4);
        gate.resolve(null);
        await second.close();
        await open();
      },
      patience,
    );

    test(
      "cancelled: nothing is sent, nothing stays",
      async () => {
        const { paths } = study(4, 300_000);
        relay.fault = (_, path) => (path.endsWith("/chunk") ? "hang" : null);
        await choose(paths);
        await until("a request to be under way", () => relay.chunks.length > 0);
        const id = (await newest())?.id ?? "";
        await browser.page.evaluate((one) => window.handle.queue.cancel(one), id);
        await until("it to be cancelled", async () => (await newest())?.state === "done");
        expect(relay.asked.filter((line) => line.startsWith("DELETE"))).toHaveLength(1);
        expect((await stored()).counts).toMatchObject({ slices: 0, keys: 0 });
        await browser.page.evaluate((one) => window.handle.queue.dismiss(one), id);
        await until("it to be gone", async () => (await studies()).every((one) => one.id !== id));
      },
      patience,
    );
  });
