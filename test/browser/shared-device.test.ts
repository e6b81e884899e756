import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { type Hand, handAt } from "./hand.ts";
import { noisyStudy } from "./noise.ts";
import { askedOn, serveTestPage, type TestPage } from "./test-page.ts";

const define = chromium === null ? () => {} : describe;
define("a device that several people use", () => {
  let browser: Browser;
  let hand: Hand;
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-shared-"));
  beforeAll(async () => {
    browser = await startBrowser();
    hand = handAt(browser);
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  /** How many pieces of what can be seen say it. */
  const seen = (words: RegExp) => browser.page.getByText(words).filter({ visible: true }).count();
  const locked = () => browser.page.getByRole("heading", { name: "Locked" });

  describe("at a box", () => {
    let box: Box;
    beforeAll(async () => {
      box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n');
      await box.account("radiographer");
      await box.account("clinician");
      await browser.context.clearCookies();
    }, 60_000);
    afterAll(() => box.stop());
    const sent = async () => {
      const study = noisyStudy(folder, 2, 64);
      await hand.begin(box.url);
      await browser.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined)); // it keeps what comes next
      await browser.offline(true);
      await hand.choose("Add study", study.paths);
      await hand.see("Confirm study");
      await hand.tap("Send");
      await hand.read("Work is saved on this device.");
    };
    const deliveredTo = async (count: number) => {
      const admin = await box.client("admin");
      await until(
        "the box to have delivered",
        async () => {
          const answer = await admin.request("GET", "/uploads?state=delivered");
          return ((await answer.json()) as { uploads: unknown[] }).uploads.length === count;
        },
        60_000,
      );
    };

    test("nothing of it stands before the first send; a study goes on behind the lock, which a reload does not open", async () => {
      const { page } = browser;
      await hand.signIn(box.url);
      expect(await page.getByRole("button", { name: "Lock" }).count()).toBe(0);
      await page.goto(`${box.url}/#/more`);
      await page.getByRole("checkbox", { name: "Several people use this device" }).check();
      await sent();
      await hand.tap("Lock");
      await locked().waitFor();
      await browser.offline(false);
      await deliveredTo(1);
      await page.reload();
      await locked().waitFor();
      expect(await page.getByRole("navigation").count()).toBe(0);
      await page.getByLabel("Password", { exact: true }).fill("not the password");
      await hand.tap("Unlock");
      await hand.read("User name or password is not right.");
      await page.getByLabel("Password", { exact: true }).fill(testPassword);
      await hand.tap("Unlock");
      await hand.see("Progress");
      await hand.delivered(1);
      // unlocking took the place of the sign-in before it
      await page.goto(`${box.url}/#/account`);
      await page.getByText("This device", { exact: true }).waitFor();
      expect(await page.getByText(/last used/).count()).toBe(1);
    }, 90_000);

    test("handed over at the lock: the next person sees nothing of the one before, whose study is delivered", async () => {
      const { page } = browser;
      await sent();
      await browser.offline(false);
      await hand.tap("Lock");
      await locked().waitFor();
      const other = await browser.context.newPage(); // the lock is one for all tabs, and so is the end of a sign-in
      await other.goto(`${box.url}/#/activity`);
      await other.getByRole("heading", { name: "Locked" }).waitFor();
      await hand.tap("Hand over");
      await page.getByRole("textbox", { name: "Username" }).waitFor();
      await other.getByRole("textbox", { name: "Username" }).waitFor();
      expect(await other.getByRole("article").count()).toBe(0);
      await other.close();
      await page.getByRole("textbox", { name: "Username" }).fill("clinician");
      await page.getByLabel("Password", { exact: true }).fill(testPassword);
      await hand.tap("Sign in");
      await page.getByRole("navigation").waitFor();
      await page.goto(`${box.url}/#/activity`);
      await hand.read("Nothing sent yet.");
      await page.goBack();
      expect(await page.getByRole("article").count()).toBe(0);
      await deliveredTo(2);
    }, 90_000);
  });

  describe("its screens", () => {
    let server: TestPage;
    beforeAll(async () => {
      server = await serveTestPage();
      await browser.page.clock.install(); // from here on, for every page of this browser
    });
    afterAll(() => server.stop());

    test("a name is initials until it is tapped, for ten seconds; who owns the device sees names", async () => {
      const { page } = browser;
      await page.goto(server.scene("shared-activity"));
      const masked = page.getByRole("button", { name: "M. E. Show the name" });
      await masked.waitFor();
      expect(await page.locator("body").innerHTML()).not.toMatch(/MUSTER|ÅS-BERG/);
      await masked.click();
      await page.getByRole("button", { name: "MUSTER, ERIKA" }).waitFor();
      await page.clock.fastForward(9_000);
      expect(await seen(/MUSTER/)).toBe(1);
      await page.clock.fastForward(1_100);
      await masked.waitFor();
      expect(await seen(/MUSTER/)).toBe(0);
      await page.goto(server.scene("activity"));
      await page.getByRole("heading", { name: "MUSTER, ERIKA" }).waitFor();
      expect(await page.getByRole("button", { name: "Lock" }).count()).toBe(0);
    }, 30_000);

    test("it locks after two minutes without a touch, by the button, by the key; not one that is one person's own", async () => {
      const { page } = browser;
      await page.goto(server.scene("shared-activity"));
      await page.getByRole("heading", { name: "Activity" }).waitFor();
      await page.clock.fastForward(110_000);
      await page.keyboard.press("Shift"); // a touch begins the two minutes anew
      await page.clock.fastForward(110_000);
      expect(await locked().count()).toBe(0);
      await page.clock.fastForward(16_000);
      await locked().waitFor();
      for (const how of ["button", "key"]) {
        await page.goto("about:blank");
        await page.goto(server.scene("shared-confirm"));
        await page.getByRole("textbox", { name: "Clinical notes" }).fill("fell from a ladder");
        await page.getByRole("heading", { name: "Confirm study" }).click();
        if (how === "button") await page.getByRole("button", { name: "Lock" }).click();
        else await page.keyboard.press("l");
        await locked().waitFor();
        expect(await seen(/MUSTER|P-1001/)).toBe(0);
        expect(await page.getByRole("textbox", { name: "Clinical notes" }).isVisible()).toBe(false);
        await page.keyboard.press("Enter"); // presses nothing behind it
        await page.getByLabel("Password", { exact: true }).fill(testPassword);
        await page.getByRole("button", { name: "Unlock" }).click();
        // what was typed is still there
        expect(await page.getByRole("textbox", { name: "Clinical notes" }).inputValue()).toBe("fell from a ladder");
        expect(await askedOn(page)).toEqual([]);
      }
      await page.goto(server.scene("activity"));
      await page.getByRole("heading", { name: "MUSTER, ERIKA" }).waitFor();
      await page.clock.fastForward(600_000);
      await page.keyboard.press("l");
      expect(await locked().count()).toBe(0);
    }, 30_000);
  });
});
