import { type Box, startBox, testPassword } from "../../test/support/box.ts";
import { type Browser, startBrowser } from "../../test/support/browser.ts";

const destination = '[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n';

/** A box that files into a folder and a browser whose page is signed in. */
export async function withPage<T>(work: (browser: Browser, box: Box) => Promise<T>): Promise<T> {
  const box = await startBox(destination);
  try {
    await box.account("radiographer");
    const browser = await startBrowser();
    try {
      const button = (name: string) => browser.page.getByRole("button", { name, exact: true });
      await browser.page.goto(box.url);
      await browser.page.getByRole("textbox", { name: "Username" }).fill("radiographer");
      await browser.page.getByLabel("Password", { exact: true }).fill(testPassword);
      await button("Sign in").click();
      await button("Add study").waitFor();
      return await work(browser, box);
    } finally {
      await browser.stop();
    }
  } finally {
    await box.stop();
  }
}

export const press = (browser: Browser, name: string) =>
  browser.page.getByRole("button", { name, exact: true }).click({ timeout: 300_000 });
