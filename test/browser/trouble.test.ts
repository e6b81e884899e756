import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { en } from "../../web/locales/en.ts";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { sharedData } from "../support/shared-data.ts";
import { type Hand, handAt } from "./hand.ts";
import { dataSetsIn, dataSetsOf } from "./held.ts";
import { noisyStudy } from "./noise.ts";
import { type QueueRelay, sentTwice, startQueueRelay } from "./queue-relay.ts";

setDefaultTimeout(90_000);
const problem = (status: number, code: string) => () =>
  Response.json({ code, detail: "A sentence of the box." }, { status, headers: { "retry-after": "1" } });
const busy = [en.st_waiting_box, en.x_box_busy];
const noNetwork = [en.st_waiting_network, en.x_retry];

/** What happens to chunk requests, and what the person reads meanwhile. */
const troubles = [
  { name: "500", fault: problem(500, "internal_error"), words: busy },
  { name: "429", fault: problem(429, "too_many_requests"), words: busy },
  {
    name: "507",
    fault: problem(507, "insufficient_storage"),
    words: [en.x_box_full],
  },
  { name: "a digest mismatch", fault: () => "corrupt" as const, words: noNetwork },
  { name: "a proxy's own page", fault: () => new Response("<h1>Sign in to this Wi-Fi</h1>"), words: noNetwork },
];

if (chromium !== null && orthancProgram !== null)
  describe("trouble between the phone and the box", () => {
    let orthanc: OrthancServer;
    let box: Box;
    let relay: QueueRelay;
    let browser: Browser;
    let hand: Hand;
    let sent = 0;
    const folder = mkdtempSync(join(tmpdir(), "relaypacs-trouble-"));
    beforeAll(async () => {
      orthanc = await startOrthanc();
      box = await startBox(`[[destination]]\nid = "archive"\nkind = "stow-rs"\nurl = "${orthanc.dicomWebUrl}"`);
      await box.client("radiographer"); // the account
      relay = await startQueueRelay(() => box.url, "real");
      browser = await startBrowser({ viewport: { width: 360, height: 640 } });
      hand = handAt(browser);
      await hand.signIn(relay.url);
    });
    afterAll(async () => {
      await browser?.stop();
      relay?.stop();
      await box?.stop();
      await orthanc?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(() => {
      relay.fault = () => null;
      relay.chunks.length = 0;
      relay.asked.length = 0;
    });

    async function send() {
      const study = noisyStudy(folder, 6, 200_000);
      await hand.begin(relay.url);
      await hand.choose("Add study", study.paths);
      await hand.see("Confirm study");
      await hand.tap("Send");
      sent += 1;
      return study;
    }
    const delivered = async ({ uid, paths }: { uid: string; paths: readonly string[] }) => {
      await hand.delivered(sent);
      expect(await dataSetsIn(orthanc, uid)).toEqual(dataSetsOf(paths));
      expect(sentTwice(relay.chunks.filter(({ status }) => status === 200))).toBe(0);
    };
    const read = async (words: readonly string[]) => {
      for (const text of words) await hand.read(text);
      await hand.read(/Next try in \d+ s/);
      await hand.read("Try now");
    };

    for (const { name, fault, words } of troubles)
      test(`${name}: told, with the next try, and gone on by itself`, async () => {
        relay.fault = (_, path) => (path.endsWith("/chunk") && relay.chunks.length > 1 ? fault() : null);
        const study = await send();
        await read(words);
        expect(relay.asked.filter((line) => line.endsWith("/complete"))).toEqual([]); // nothing is taken for received
        relay.fault = () => null;
        await delivered(study);
      });

    test("the connection cut: told, and gone on by a tap", async () => {
      let cut: Promise<void> | null = null;
      relay.fault = (_, path) => {
        if (path.endsWith("/chunk") && relay.chunks.length > 1) cut ??= relay.reachable(false);
        return null;
      };
      const study = await send();
      await read(noNetwork);
      expect(cut).not.toBeNull();
      await relay.reachable(true);
      await hand.tap("Try now").catch(() => undefined); // it may have gone on by itself just now
      await delivered(study);
    });

    test("the box killed and started again: told, and gone on by itself", async () => {
      let killing: Promise<void> | null = null;
      relay.fault = (_, path) => {
        if (path.endsWith("/chunk") && relay.chunks.length > 1) killing ??= box.kill();
        return killing?.then(() => null) ?? null;
      };
      const study = await send();
      await read(busy);
      relay.fault = () => null;
      await box.start();
      await delivered(study);
    });

    if (sharedData !== null) {
      const rar = join(sharedData, "archives/rar/rar4-series.rar");
      test("the person's answer is lost on its way: told beside the button, and given again", async () => {
        await hand.begin(relay.url);
        await hand.choose("Add study", rar);
        await hand.see("Confirm study");
        await hand.tap("Send");
        sent += 1;
        await hand.tap("Check the study");
        relay.fault = (_, path) => (path.endsWith("/confirm") ? new Response("", { status: 502 }) : null);
        await hand.tap("Send");
        await hand.read(en.not_answered);
        relay.fault = () => null;
        await hand.tap("Send");
        await hand.delivered(sent);
      });
    }

    test("the network is gone when the box has everything: the promise stands, and so does the answer later", async () => {
      relay.fault = async (_, path) => {
        if (path.endsWith("/complete")) await gone.promise;
        return null;
      };
      const gone = Promise.withResolvers<void>();
      const study = await send();
      await until("all bytes at the box", () => relay.asked.some((line) => line.endsWith("/complete")));
      relay.fault = (_, path) => (path.endsWith("/status") ? new Response("", { status: 504 }) : null);
      gone.resolve();
      await hand.read(en.x_at_box);
      relay.fault = () => null;
      await delivered(study);
    });
  });
