import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";

const axe = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** What Swagger's page does by itself: buttons within a summary that can be pressed, a level of headings left out, a head beside its main part. */
const off = { enabled: false };
const itsOwn = { "nested-interactive": off, "heading-order": off, region: off };
interface Axe {
  readonly axe: {
    run(
      options: object,
    ): Promise<{ violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[] }>;
  };
}

const define = chromium === null ? () => {} : describe;
define("the documentation in Chromium, under the policy of all pages", () => {
  let box: Box;
  let browser: Browser;
  beforeAll(async () => {
    [box, browser] = await Promise.all([startBox(), startBrowser()]);
  }, 90_000);
  afterAll(async () => {
    await browser.stop();
    await box.stop();
  });
  const findings = async () => {
    await browser.page.evaluate(axe);
    const run = (rules: object) => (globalThis as unknown as Axe).axe.run({ rules });
    const { violations } = await browser.page.evaluate(run, itsOwn);
    return violations.map(
      ({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target)}: ${nodes[0]?.failureSummary}`,
    );
  };
  /** What stands out to the right of the window. */
  const wide = () =>
    browser.page.evaluate(() =>
      [...document.querySelectorAll("body *")]
        .filter((it) => it.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map((it) => `${it.tagName}.${it.className}`)
        .slice(0, 8)
        .join(" "),
    );
  const overflow = () => browser.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  const colour = () => browser.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

  test("shows the routes with their examples in both themes, on a phone too, and asks nobody but the box", async () => {
    const { page } = browser;
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`${box.url}/docs`);
    await page.getByRole("heading", { name: /^Box/ }).click();
    await page.getByRole("heading", { name: /^Upload/ }).click();
    await page.locator("#operations-Upload-postUploadInit .opblock-summary-control").click();
    await page.getByText("Fall from a ladder").waitFor();
    const seen: string[] = [];
    for (const width of [390, 1280])
      for (const colorScheme of width === 390 ? (["dark", "light"] as const) : (["dark"] as const)) {
        await page.setViewportSize({ width, height: 844 });
        await page.emulateMedia({ colorScheme });
        await page.waitForSelector(colorScheme === "dark" ? "html.dark-mode" : "html:not(.dark-mode)");
        seen.push(await colour());
        if (width === 390) expect([colorScheme, await findings()]).toEqual([colorScheme, []]);
        expect(`${width}: ${await wide()}`).toBe(`${width}: `);
      }
    expect(new Set(seen).size).toBe(2);
    const health = page.locator("#operations-Box-getHealth");
    await health.locator(".opblock-summary-control").click();
    await health.getByRole("button", { name: "Try it out" }).click();
    await health.getByRole("button", { name: "Execute" }).click();
    await health.locator(".live-responses-table").getByText('"ok"').waitFor();
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((url) => !url.startsWith(`${box.url}/`) && !url.startsWith("data:"))).toEqual([]);
    expect(browser.complaints).toEqual([]);
  }, 90_000);

  test("what the codes mean is a page in the same manner", async () => {
    const { page } = browser;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${box.url}/docs/errors#archive_bomb`);
    expect(await page.locator("section:target h2").evaluate((it) => getComputedStyle(it).marginBottom)).toBe("0px");
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(await findings()).toEqual([]);
    expect(browser.complaints).toEqual([]);
  }, 90_000);
});
