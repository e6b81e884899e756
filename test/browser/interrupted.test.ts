import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { type Hand, handAt } from "./hand.ts";
import { dataSetsIn, dataSetsOf } from "./held.ts";
import { noisyStudy } from "./noise.ts";
import { type QueueRelay, sentTwice, startQueueRelay } from "./queue-relay.ts";

setDefaultTimeout(90_000);

if (chromium !== null && orthancProgram !== null)
  describe("interrupted on the way to a real Orthanc", () => {
    let orthanc: OrthancServer;
    let box: Box;
    let relay: QueueRelay;
    let browser: Browser;
    let hand: Hand;
    const folder = mkdtempSync(join(tmpdir(), "relaypacs-interrupted-"));
    beforeAll(async () => {
      orthanc = await startOrthanc();
      box = await startBox(`[[destination]]\nid = "archive"\nkind = "orthanc"\nurl = "${orthanc.url}"`);
      await box.client("radiographer"); // the account
      relay = await startQueueRelay(() => box.url, "real");
      browser = await startBrowser({ viewport: { width: 360, height: 640 } });
      hand = handAt(browser);
    });
    beforeEach(() => browser.context.clearCookies()); // a browser that is killed may lose its sign-in
    afterAll(async () => {
      await browser?.stop();
      relay?.stop();
      await box?.stop();
      await orthanc?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    afterEach(() => {
      relay.fault = () => null;
      relay.chunks.length = 0;
      relay.asked.length = 0;
    });

    /** Chooses and confirms a study, in four taps. */
    async function send(files: number, pixels: number) {
      const made = noisyStudy(folder, files, pixels);
      await hand.begin(relay.url);
      await hand.choose("Add study", made.paths);
      await hand.see("Confirm study");
      await hand.tap("Send");
      return made;
    }
    const openAgain = () => browser.page.goto(`${relay.url}/#/progress`);
    /** Orthanc holds the study as it was chosen. */
    const arrived = async ({ uid, paths }: { uid: string; paths: readonly string[] }) => {
      const count = async () => (await dataSetsIn(orthanc, uid)).size;
      await until("the study to be in the archive", async () => (await count()) === paths.length, 60_000);
      expect(await dataSetsIn(orthanc, uid)).toEqual(dataSetsOf(paths));
    };
    const inits = () => relay.asked.filter((line) => line === "POST /upload/init").length;

    test("chosen and confirmed without a network, closed, opened: sent when the network is there", async () => {
      await hand.signIn(relay.url);
      await browser.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await browser.page.reload();
      await browser.offline(true);
      await relay.reachable(false);
      const study = await send(3, 100_000);
      await hand.read("No connection");
      await hand.read("Work is saved on this device. Sending goes on by itself.");
      await browser.close();
      await browser.start();
      await openAgain();
      await hand.see("Progress");
      await hand.read("Work is saved on this device.");
      await relay.reachable(true);
      await hand.delivered(1);
      await arrived(study);
      expect(inits()).toBe(1);
    });

    test.each([10, 50, 99])("a reload at %p %, then the browser killed", async (percent) => {
      const study = noisyStudy(folder, 40, 100_000);
      const total = study.paths.reduce((sum, path) => sum + readFileSync(path).length, 0);
      let admitted = 0;
      let held = 0;
      let limit = (total * percent) / 100;
      relay.fault = (_, path) => {
        const bytes = path.endsWith("/chunk") ? (relay.chunks.at(-1)?.bytes ?? 0) : 0;
        held += Number(admitted + bytes > limit);
        if (admitted + bytes > limit) return "hang";
        admitted += bytes;
        return null;
      };
      /** The next request would go past the limit, all before it have their answer. */
      const there = () =>
        until(`${percent} % at the box`, () => held > 0 && admitted > 0 && relay.acknowledged() === admitted);
      await hand.signIn(relay.url);
      await hand.choose("Add study", study.paths);
      await hand.see("Confirm study");
      await hand.tap("Send");
      await there();
      held = 0;
      await browser.page.reload();
      await there();
      await browser.kill();
      limit = Number.POSITIVE_INFINITY;
      await browser.start();
      await openAgain();
      await arrived(study); // with the upload's own token, whoever is signed in
      expect(Math.abs((admitted / total) * 100 - 100)).toBeLessThan(0.1);
      expect(sentTwice(relay.chunks.filter(({ status }) => status === 200))).toBe(0);
      expect(inits()).toBe(1);
    });

    test("killed so soon after sign-in that the browser has not written its cookie: the queue is there", async () => {
      relay.fault = (_, path) => (path === "/upload/init" ? "hang" : null);
      await hand.signIn(relay.url);
      const study = await send(2, 50_000);
      await until("the study to be saved", () => inits() === 1);
      await browser.kill();
      relay.fault = () => null;
      await browser.start();
      await browser.context.clearCookies(); // where the browser was fast enough after all
      await openAgain();
      await hand.read("Sign in again to continue. Nothing is lost.");
      await hand.signIn(relay.url);
      await arrived(study);
    });
  });
