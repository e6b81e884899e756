import type { Page } from "playwright-core";
import { testPassword } from "./box.ts";

/** Opens the app at this address and signs in by its form. @returns when the upload screen is there */
export async function signIn(page: Page, url: string, username: string): Promise<void> {
  await page.goto(url);
  await page.getByRole("textbox", { name: "Username" }).fill(username);
  await page.getByLabel("Password", { exact: true }).fill(testPassword);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Add study", exact: true }).waitFor();
}
