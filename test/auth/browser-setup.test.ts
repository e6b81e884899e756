import { test } from "bun:test";
import { Secret, TOTP } from "otpauth";
import { run } from "../cli/binary.ts";
import { startBox, testPassword } from "../support/box.ts";
import { chromium, startBrowser } from "../support/browser.ts";

const codeOf = (secret: string, steps: number) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

if (chromium !== null)
  test("a fresh box in a browser: set-up code, second factor, recovery codes, and signing in with both", async () => {
    const box = await startBox('[auth]\nrequire_totp_for = ["admin"]', { notSetUp: true });
    const browser = await startBrowser();
    const { page } = browser;
    const fill = (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text);
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    const uploadScreen = () => page.getByRole("button", { name: "Add study" }).waitFor();
    try {
      const { stdout } = await run(["setup-code", "--config", box.configFile]);
      await page.goto(box.url);
      await page.getByRole("heading", { name: "Set up this hospital box" }).waitFor();
      await fill("Set-up code", stdout.trim());
      await fill("Username", "head");
      await fill("Password", testPassword);
      await press("Make the account");
      await page.getByRole("heading", { name: "Set up the second step" }).waitFor();
      const secret = ((await page.locator("page-enroll p code").textContent()) ?? "").replaceAll(/\s/g, "");
      await fill("Code", codeOf(secret, 0));
      await press("Continue");
      const recovery = (await page.locator(".codes code").first().textContent()) ?? "";
      await press("I have kept them");
      // what the box is set up with, step by step
      for (const step of ["Encryption", "Destination", "Rules", "Ready"]) {
        await page.getByRole("heading", { name: step, level: 1 }).waitFor();
        await press(step === "Ready" ? "Send a first study" : "Continue");
      }
      await uploadScreen();

      await page.goto(`${box.url}/#/more`);
      await press("Sign out");
      for (const second of [codeOf(secret, 1), recovery]) {
        await fill("Username", "head");
        await fill("Password", testPassword);
        await press("Sign in");
        await page.getByLabel("Code", { exact: true }).waitFor();
        if (second === recovery) {
          await press("Use a recovery code");
          await fill("Recovery code", second);
          await press("Continue");
        } else await fill("Code", second); // six digits go by themselves
        await page.getByRole("navigation").waitFor();
        await page.goto(`${box.url}/#/more`);
        await press("Sign out");
      }
    } finally {
      await browser.stop();
      await box.stop();
    }
  }, 90_000);
