import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { scenes } from "../../web/dev/scenes.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { askedOn, serveTestPage, type TestPage } from "./test-page.ts";

const axe = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary: string }[];
}
declare global {
  interface Window {
    axe: { run(context?: Document, options?: object): Promise<{ violations: readonly Violation[] }> };
  }
}

/** What another theme can break: colours are all that it changes. */
const ofColours = ["color-contrast", "link-in-text-block"];

const define = chromium === null ? () => {} : describe;
define("the screens in Chromium", () => {
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

  const show = async (name: string, language = "en") => {
    await browser.page.goto(server.scene(name, language));
    await browser.page.waitForSelector("main:not([hidden]) h1");
  };
  const overflow = () => browser.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  /** @param only rules, where not all of them are asked */
  const findings = async (only?: readonly string[]) => {
    if (only === undefined) await browser.page.evaluate(axe);
    const options = only === undefined ? {} : { runOnly: [...only] };
    const { violations } = await browser.page.evaluate((chosen) => window.axe.run(document, chosen), options);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.failureSummary).join("; ")}`);
  };
  const asked = () => askedOn(browser.page);

  const small = () =>
    browser.page.evaluate(() =>
      [
        ...document.querySelectorAll<HTMLElement>(
          "button, summary, nav a, .choice, select, input:not([type=radio]):not([type=checkbox])",
        ),
      ]
        .filter((element) => element.offsetParent !== null)
        .filter((element) => element.offsetHeight < (element.matches(".primary") ? 56 : 48))
        .map((element) => `${element.tagName} ${element.textContent}`),
    );

  for (const name of Object.keys(scenes))
    test(`${name}: nothing for axe in either theme, nothing scrolls sideways, targets of 48 px, the main button of 56`, async () => {
      const { page } = browser;
      await page.setViewportSize({ width: 320, height: 640 });
      await show(name);
      for (const colorScheme of ["dark", "light"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await findings(colorScheme === "dark" ? undefined : ofColours)).toEqual([]);
      }
      for (const width of [320, 390, 820, 1440]) {
        await page.setViewportSize({ width, height: width < 600 ? 640 : 900 });
        expect(await overflow()).toBeLessThanOrEqual(0);
        await browser.screenshot(`${name}-${width}`);
      }
      await page.setViewportSize({ width: 360, height: 640 });
      expect(await small()).toEqual([]);
    }, 30_000);

  test("the dimmed and the high-contrast theme have nothing for axe either", async () => {
    for (const name of ["sign-in", "upload-found", "confirm-checks", "parked", "delivered", "more"]) {
      await show(name);
      await browser.page.evaluate(axe);
      for (const theme of ["dimmed", "contrast"]) {
        await browser.page.evaluate((chosen) => {
          document.documentElement.dataset.theme = chosen;
        }, theme);
        expect(await findings(ofColours)).toEqual([]);
      }
    }
  }, 60_000);

  for (const language of ["de", "fr"])
    test(`the longest words of ${language} fit at 320 px`, async () => {
      await browser.page.setViewportSize({ width: 320, height: 640 });
      for (const name of [
        "sign-in",
        "upload-offline",
        "upload-found",
        "confirm-pictures",
        "confirm-duplicate",
        "forwarding",
        "parked",
        "delivered",
        "slow",
        "activity",
        "more",
        "audit-broken",
        "account",
        "enroll",
        "setup",
        "locked",
        "shared-more",
        "receipt",
        "admin-trouble",
        "admin-storage-trouble",
        "admin-parked",
        "admin-destinations",
        "admin-destinations-none",
        "admin-routing",
        "admin-users",
        "admin-sessions",
        "admin-setup",
      ]) {
        await show(name, language);
        expect(await browser.page.evaluate(() => document.documentElement.lang)).toBe(language);
        expect(await overflow()).toBeLessThanOrEqual(0);
      }
    }, 60_000);

  test("the keyboard alone signs in, chooses files, sets STAT and sends", async () => {
    const { page } = browser;
    await show("sign-in");
    const picker = page.waitForEvent("filechooser"); // early: a key is pressed before the browser has learned to hand pickers over
    await page.getByRole("textbox", { name: "Username" }).focus();
    await page.keyboard.type("meier");
    await page.keyboard.press("Tab");
    await page.keyboard.type("a long enough password");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=Upload study");
    await page.getByRole("button", { name: "Add study" }).waitFor();
    await page.keyboard.press("u");
    await (await picker).setFiles({ name: "IM1", mimeType: "application/dicom", buffer: Buffer.from("x") });
    await page.getByRole("heading", { name: "Confirm study" }).waitFor();
    const focused = () => page.evaluate(() => (document.activeElement?.textContent ?? "").trim());
    const reach = async (what: string) => {
      for (let presses = 0; presses < 30 && (await focused()) !== what; presses++) await page.keyboard.press("Tab");
      expect(await focused()).toBe(what);
    };
    for (let presses = 0; presses < 30; presses++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement?.matches("input[type=radio]") ?? false)) break;
    }
    await page.keyboard.press("ArrowRight");
    await reach("Send");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Progress" }).waitFor();
    expect(await asked()).toEqual(["add draft stat"]);
  }, 30_000);

  test("who must have a second factor sets it up first: picture, key, a code, ten recovery codes", async () => {
    const { page } = browser;
    await show("enroll-first");
    await page.getByRole("heading", { name: "Set up the second step" }).waitFor();
    expect(await page.locator("nav-tabs").count()).toBe(0);
    await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
    await page.getByText("ABCD EFGH IJKL").waitFor();
    await page.getByRole("textbox", { name: "Code" }).fill("654321");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("The code did not match").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("problem");
    await page.getByRole("textbox", { name: "Code" }).fill("123456");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "I have kept them" }).waitFor();
    expect(await page.locator(".codes li").count()).toBe(10);
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(await findings()).toEqual([]);
  }, 30_000);

  test("a person changes the password and ends another sign-in", async () => {
    const { page } = browser;
    await show("account");
    await page.getByLabel("Present password").fill("a long enough password");
    await page.getByLabel("New password").fill("another long password");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.locator("notice-box", { hasText: "Your password was changed." }).waitFor();
    expect(await page.getByLabel("New password").inputValue()).toBe("");
    await page.getByRole("button", { name: /^Sign out there/ }).click();
    await page.locator("notice-box", { hasText: "That sign-in has ended." }).waitFor();
    await page.getByRole("button", { name: "Set it up" }).click();
    await page.getByRole("heading", { name: "Set up the second step" }).waitFor();
  }, 30_000);

  test("pause, and cancel only after the question", async () => {
    const { page } = browser;
    await show("uploading");
    expect(await page.getByRole("progressbar").getAttribute("aria-label")).toContain("MUSTER, ERIKA");
    await page.keyboard.press("p");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Keep sending" }).click();
    expect(await asked()).toEqual(["pause one"]);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    expect(await asked()).toEqual(["pause one", "cancel one"]);
  }, 30_000);

  test("pictures are not sent without a patient", async () => {
    const { page } = browser;
    await show("confirm-pictures");
    await page.getByRole("button", { name: "Send" }).click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("patientID");
    expect(await asked()).toEqual([]);
    await page.getByRole("textbox", { name: "Patient ID" }).fill("P-1");
    await page.getByRole("textbox", { name: "Patient name" }).fill("MUSTER^ERIKA");
    await page.getByLabel("Birth date").fill("1961-02-04");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("heading", { name: "Progress" }).waitFor();
    expect(await asked()).toEqual(["add d0 routine"]);
  }, 30_000);

  test("of an archive with several patients nothing goes before one is checked", async () => {
    const { page } = browser;
    await show("confirm-archive-mixed");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("Tick the patients that are right.").waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("checkbox");
    expect(await asked()).toEqual([]);
    await page.getByRole("checkbox", { name: /BEISPIEL/ }).check();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("heading", { name: "Progress" }).waitFor();
    expect(await asked()).toEqual(["add d0 routine"]);
  }, 30_000);

  test("several studies are looked at and sent one by one", async () => {
    const { page } = browser;
    await show("confirm-several");
    for (const expected of [1, 2, 3]) {
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.waitForFunction((count) => window.asked.length === count, expected);
    }
    await page.getByRole("heading", { name: "Progress" }).waitFor();
    expect(await asked()).toEqual(["add d0 routine", "add d1 routine", "add d2 routine"]);
  }, 30_000);

  test("no patient is named in the title or the address, and no page complains", async () => {
    await show("uploading");
    expect(`${await browser.page.title()} ${browser.page.url()}`).not.toMatch(/muster|P-1001/i);
    expect(browser.complaints).toEqual([]);
  });
});
