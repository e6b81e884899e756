import { expect, test } from "bun:test";
import { startBox, testPassword } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";

const username = ({ page }: Browser) => page.getByRole("textbox", { name: "Username" });
const uploadScreen = ({ page }: Browser) => page.getByRole("button", { name: "Add study" }).waitFor();

if (chromium !== null)
  test("a person signs in once: a reload and a closed browser keep the sign-in; signing out ends it", async () => {
    const box = await startBox();
    await box.client("radiographer");
    const browser = await startBrowser();
    try {
      await browser.page.goto(box.url);
      await username(browser).fill("radiographer");
      await browser.page.getByLabel("Password", { exact: true }).fill(testPassword);
      await browser.page.getByRole("button", { name: "Sign in" }).click();
      await uploadScreen(browser);
      await browser.page.reload();
      await uploadScreen(browser);
      const stored = await browser.page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage })]);
      expect(stored[0]).toBe("");
      expect(stored[1]).not.toMatch(/[\w-]{43}|eyJ/);

      await browser.close();
      await browser.start();
      await browser.page.goto(box.url);
      await uploadScreen(browser);
      const [cookie] = await browser.context.cookies();
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });

      await browser.page.evaluate(() => fetch("/auth/logout", { method: "POST" }));
      expect(await browser.context.cookies()).toEqual([]);
      await browser.page.reload();
      await username(browser).waitFor();
    } finally {
      await browser.stop();
      await box.stop();
    }
  }, 90_000);
