import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { until } from "../support/child.ts";
import { type Firefox, firefox, startFirefox } from "../support/firefox.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { dataSetsIn, dataSetsOf } from "./held.ts";
import { noisyStudy } from "./noise.ts";
import { type QueueRelay, sentTwice, startQueueRelay } from "./queue-relay.ts";

setDefaultTimeout(120_000);

if (firefox !== null && orthancProgram !== null)
  describe("the way of a study in Firefox", () => {
    let orthanc: OrthancServer;
    let box: Box;
    let relay: QueueRelay;
    let browser: Firefox;
    const folder = mkdtempSync(join(tmpdir(), "relaypacs-in-firefox-"));
    beforeAll(async () => {
      orthanc = await startOrthanc();
      box = await startBox(`[[destination]]\nid = "archive"\nkind = "orthanc"\nurl = "${orthanc.url}"`);
      await box.client("radiographer"); // the account
      relay = await startQueueRelay(() => box.url, "real");
      browser = await startFirefox({ width: 360, height: 640 });
    });
    afterAll(async () => {
      await browser?.stop();
      relay?.stop();
      await box?.stop();
      await orthanc?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const heading = (text: string) =>
      until(
        `the screen ${text}`,
        async () => (await browser.evaluate<string>("document.querySelector('main h1')?.textContent ?? ''")) === text,
        30_000,
      );
    const delivered = (count: number) =>
      until(
        `${count} studies to be delivered`,
        async () => {
          const states = await browser.evaluate<string[]>(
            "[...document.querySelectorAll('article .state strong')].map((state) => state.textContent)",
          );
          return states.length === count && states.every((state) => state === "Delivered");
        },
        60_000,
      );

    test("from the picker to Delivered, byte for byte", async () => {
      await browser.goto(relay.url);
      await browser.type("Username", "radiographer");
      await browser.type("Password", testPassword);
      await browser.click("button", "Sign in");
      await heading("Upload study");
      const { paths, uid } = noisyStudy(folder, 4, 100_000);
      await browser.choose("Add study", paths);
      await heading("Confirm study");
      await browser.click("button", "Send");
      await heading("Progress");
      await delivered(1);
      expect(await dataSetsIn(orthanc, uid)).toEqual(dataSetsOf(paths));
    });

    test("a reload in the middle: it goes on by itself, and nothing that arrived is sent again", async () => {
      const { paths, uid } = noisyStudy(folder, 12, 100_000);
      const total = paths.reduce((sum, path) => sum + readFileSync(path).length, 0);
      relay.chunks.length = 0;
      relay.asked.length = 0;
      let held = 0;
      relay.fault = (_, path) => {
        if (!path.endsWith("/chunk") || relay.chunks.length <= 6) return null;
        held += 1;
        return "hang";
      };
      await browser.goto(`${relay.url}/#/send`);
      await heading("Upload study");
      await browser.choose("Add study", paths);
      await heading("Confirm study");
      await browser.click("button", "Send");
      await until("half of it at the box", () => held > 0 && relay.acknowledged() > total / 3);
      await browser.reload();
      relay.fault = () => null;
      await heading("Progress");
      await delivered(2);
      expect(await dataSetsIn(orthanc, uid)).toEqual(dataSetsOf(paths));
      expect(sentTwice(relay.chunks.filter(({ status }) => status === 200))).toBe(0);
      expect(relay.asked.filter((line) => line === "POST /upload/init")).toHaveLength(1);
    });
  });
