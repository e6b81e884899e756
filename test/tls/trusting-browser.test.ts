import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, certutil, chromium, spoken, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { signIn } from "../support/signing-in.ts";
import { type LanBox, startLanBox } from "./lan.ts";

const axe = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
interface Axe {
  run(): Promise<{ violations: readonly { id: string }[] }>;
}

if (chromium !== null && certutil !== null) {
  setDefaultTimeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-trust-"));
  let lan: LanBox;
  let browser: Browser;
  beforeAll(async () => {
    lan = await startLanBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n');
    await lan.box.account("radiographer");
  });
  afterAll(async () => {
    await lan.stop();
    rmSync(folder, { recursive: true });
  });
  const during = async (trusted: readonly string[], work: () => Promise<void>) => {
    browser = await startBrowser({ trusted });
    try {
      await work();
    } finally {
      await browser.stop();
    }
  };
  const worker = () =>
    browser.page.evaluate(async () => (await navigator.serviceWorker.getRegistration("/"))?.active?.state ?? null);

  test("a Chromium that trusts the box's authority alone runs the service worker, and its cookie is the strict one", async () => {
    const authority = join(folder, "authority.pem");
    writeFileSync(authority, lan.authority);
    await during([authority], async () => {
      await signIn(browser.page, lan.box.url, "radiographer");
      await until("the service worker to be there", async () => (await worker()) === "activated");
      expect(await browser.page.getByRole("button", { name: "Set up a device" }).count()).toBe(0);
      const cookies = await browser.context.cookies(lan.box.url);
      expect(
        cookies.map(({ name, httpOnly, secure, sameSite, path }) => [name, httpOnly, secure, sameSite, path]),
      ).toEqual([["__Host-relaypacs", true, true, "Strict", "/"]]);
      await browser.page.goto(`${lan.box.url}/trust`);
      await browser.page.getByText("✓ This device trusts").waitFor();
      expect(spoken(browser)).toEqual([]);
    });
  });

  test("without that trust the app works behind the browser's warning and shows the way to /trust", async () => {
    await during([], async () => {
      const { page } = browser;
      await page.goto(lan.box.url).catch(() => undefined);
      await page.locator("#details-button").click();
      await page.locator("#proceed-link").click();
      await page.getByRole("textbox", { name: "Username" }).waitFor();
      await signIn(page, page.url(), "radiographer");
      await page.getByText("This device does not trust the hospital box yet.").waitFor();
      expect(await worker()).toBeNull();
      await page.goto(`${lan.box.url}/#/more`);
      await page.getByRole("link", { name: "Set up a device" }).waitFor();
      await page.getByRole("button", { name: "Set up a device" }).click();
      await page.waitForURL(`${lan.box.url}/trust`);
      await page.locator("#probe.warn").waitFor();
    });
  });

  test("axe finds nothing on /trust in either theme, and it fits", async () => {
    await during([], async () => {
      const { page } = browser;
      for (const width of [360, 1280])
        for (const colorScheme of ["dark", "light"] as const) {
          await page.setViewportSize({ width, height: 780 });
          await page.emulateMedia({ colorScheme });
          await page.goto(`${lan.plain}/trust`);
          await page.locator("#probe").waitFor();
          await page.evaluate(() => {
            for (const steps of document.querySelectorAll("details")) {
              steps.removeAttribute("name"); // else one closes the other
              steps.open = true;
            }
          });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(wide).toBeLessThanOrEqual(0);
          await page.evaluate(axe);
          const found = await page.evaluate(async () => (await (Reflect.get(window, "axe") as Axe).run()).violations);
          expect(found.map(({ id }) => id)).toEqual([]);
          await browser.screenshot(`trust-${width}-${colorScheme}`);
        }
    });
  });
}
