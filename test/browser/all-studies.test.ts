import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { askedOn, serveTestPage, type TestPage } from "./test-page.ts";

const define = chromium === null ? () => {} : describe;
define("what a radiologist is shown, in Chromium", () => {
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

  test("all studies at the box, whoever sent them, and no way to send or change one", async () => {
    const { page } = browser;
    await page.goto(server.scene("all-studies", "en"));
    await page.getByRole("heading", { name: "All studies" }).waitFor();
    const cards = page.locator("article");
    await cards.nth(1).waitFor();
    expect(await cards.count()).toBe(2);
    expect(await cards.first().textContent()).toContain("Uploading · 42 %");
    expect(await cards.nth(1).textContent()).toContain("MUSTER, ERIKA");
    await page.getByRole("button", { name: "Show older ones" }).click();
    await cards.nth(2).waitFor();
    expect(await cards.nth(2).textContent()).toContain("Delivered");
    expect(await page.locator("main button").count()).toBe(0);
    await page.getByRole("searchbox", { name: "Search" }).fill("p-1001");
    await page.waitForFunction(() => document.querySelectorAll("article").length === 2);
    await page.locator('nav a[aria-current="page"]').getByText("Activity").waitFor();
    expect(await page.getByRole("link").allInnerTexts()).toEqual(expect.not.arrayContaining(["Send"]));
    expect(await askedOn(page)).toEqual(["uploads newest", "uploads older"]);
  }, 30_000);
});
