import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { askedOn, serveTestPage, type TestPage } from "./test-page.ts";

const define = chromium === null ? () => {} : describe;
define("the audit page in Chromium", () => {
  let browser: Browser;
  let server: TestPage;
  beforeAll(async () => {
    server = await serveTestPage();
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
    server.stop();
  });
  const asked = () => askedOn(browser.page);

  test("an administrator comes from More, filters, reads on, and takes a file", async () => {
    const { page } = browser;
    await page.goto(server.scene("more-admin", "en"));
    await page.getByRole("region", { name: "Audit" }).getByRole("button", { name: "Show" }).click();
    await page.getByText("Complete: every row is there").waitFor();
    await page.getByText("Sent to the wrong archive.").waitFor();
    await page.getByRole("textbox", { name: "Who (user name)" }).fill("meier");
    await page.getByRole("heading", { name: "Delivery given up" }).waitFor();
    await page.getByRole("combobox", { name: "Event" }).selectOption({ label: "Signed in" });
    await page.getByRole("textbox", { name: "Who (user name)" }).press("Enter");
    await page.getByRole("button", { name: "Show older rows" }).evaluate((it: HTMLElement) => {
      it.click();
      it.click(); // nothing is asked for twice
    });
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export: CSV" }).click();
    expect((await download).suggestedFilename()).toBe("audit.csv");
    expect(await asked()).toEqual([
      "audit",
      "audit actor=meier event=auth.signed_in",
      "audit actor=meier event=auth.signed_in cursor=1",
      "audit file csv",
    ]);
  }, 30_000);

  test("what is not complete is told with its row; nobody else is shown the way", async () => {
    const { page } = browser;
    await page.goto(server.scene("audit-broken", "en"));
    await page.getByText("Not complete: row 2").waitFor();
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 780 });
      await browser.screenshot(`audit-broken-${width}`);
    }
    await page.goto(server.scene("more", "en"));
    await page.getByRole("heading", { name: "Account" }).waitFor();
    expect(await page.getByRole("region", { name: "Audit" }).count()).toBe(0);
  }, 30_000);
});
