import { testPassword } from "../support/box.ts";
import type { Browser } from "../support/browser.ts";
import { until } from "../support/child.ts";

/** A radiographer at the screens, who finds everything by what is written there. */
export interface Hand {
  /** Taps since the upload screen was opened; choosing in the picker is one of them. */
  readonly taps: number;
  /** Opens the app and signs in. */
  signIn(url: string): Promise<void>;
  /** The upload screen, without anything of before. */
  begin(url: string): Promise<void>;
  tap(button: string): Promise<void>;
  /** Taps a choice such as STAT. */
  pick(choice: string): Promise<void>;
  /** Taps a field and types. */
  type(field: string, text: string): Promise<void>;
  /** Taps what opens a picker and chooses there. */
  choose(button: string, paths: string | readonly string[]): Promise<void>;
  /** Waits for this heading. */
  see(heading: string): Promise<void>;
  /** Waits for this text anywhere on the screen. */
  read(text: string | RegExp): Promise<void>;
  /** Waits until so many studies say that they are delivered, and none says anything else. */
  delivered(count: number): Promise<void>;
}

/** @param browser is asked for its page at each step: it may have been closed and opened meanwhile */
export function handAt(browser: Browser): Hand {
  let taps = 0;
  const button = (name: string) => browser.page.getByRole("button", { name, exact: true });
  const see = (name: string) => browser.page.getByRole("heading", { name, exact: true }).waitFor();
  const tap = async (name: string) => {
    taps += 1;
    await button(name).click();
  };
  return {
    get taps() {
      return taps;
    },
    signIn: async (url) => {
      await browser.page.goto(url);
      await browser.page.getByRole("textbox", { name: "Username" }).fill("radiographer");
      await browser.page.getByLabel("Password", { exact: true }).fill(testPassword);
      await button("Sign in").click();
      await see("Upload study");
    },
    begin: async (url) => {
      await browser.page.goto(`${url}/#/send`);
      await see("Upload study");
      taps = 0;
    },
    tap,
    pick: async (choice) => {
      taps += 1;
      await browser.page.getByRole("radio", { name: choice }).check();
    },
    type: async (field, text) => {
      taps += 1;
      await browser.page.getByRole("textbox", { name: field }).fill(text);
    },
    choose: async (name, paths) => {
      const picker = browser.page.waitForEvent("filechooser");
      await tap(name);
      taps += 1;
      await (await picker).setFiles(typeof paths === "string" ? paths : [...paths]);
    },
    see,
    read: (text) => browser.page.getByText(text).filter({ visible: true }).first().waitFor(),
    delivered: (count) =>
      until(
        `${count} studies to be delivered`,
        async () => {
          const states = await browser.page.locator("article .state strong").allTextContents();
          return states.length === count && states.every((state) => state === "Delivered");
        },
        60_000,
      ),
  };
}
