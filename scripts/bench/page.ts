import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../test/support/child.ts";
import { choosePaths } from "../../test/support/far-phone.ts";
import { madeBytes } from "../../test/support/made-instance.ts";
import type { Bench, Result } from "./result.ts";
import { withPage } from "./signed-in.ts";
import { withFolder } from "./work-folder.ts";

/** How long a study of many files keeps a person waiting at once. */
export const page: Bench = { name: "page", run: (scale) => withFolder((folder) => manyFiles(folder, scale)) };

/** What the page notes of its own thread; the choice of files is told apart, for the browser makes its list of them in the same task. */
interface Noted {
  longest: number;
  /** Of the task that the choice began: the browser's part, before the page is told. */
  browser: number;
}

/** 10 000 small images: the longest task of the page's own thread while they are read, and while they are kept and sent. */
async function manyFiles(folder: string, scale: number): Promise<Result[]> {
  const count = Math.round(10_000 * scale);
  const paths = Array.from({ length: count }, (_, index) => join(folder, `IM${index}`));
  for (const [index, path] of paths.entries())
    writeFileSync(path, madeBytes({ study: "2.25.8401", series: `2.25.8401.${index % 10}`, pixels: 128 }));
  return withPage(async (browser, box) => {
    await browser.page.evaluate(note);
    const noted = () =>
      browser.page.evaluate((): Noted => {
        const before: Noted = { ...Reflect.get(window, "noted") };
        Object.assign(Reflect.get(window, "noted"), { longest: 0, browser: 0 });
        return before;
      });
    await choosePaths(browser.page, "Add study", paths);
    // a driver that looks for a heading again and again would be the longest task itself
    await browser.page.evaluate(() => Reflect.get(window, "confirming"));
    const read = await noted();
    await browser.page.getByRole("button", { name: "Send", exact: true }).click({ timeout: 300_000 });
    await browser.unwatched(() =>
      until("the box to have all", () => box.events("upload.completed").length > 0, 600_000),
    );
    const sent = await noted();
    const row = (name: string, { longest, browser: itsOwn }: Noted): Result => ({
      name: `${count} files, ${name}: longest task of the page`,
      figure: longest,
      unit: "ms",
      bound: { most: 50 },
      of: [
        longest === 0 ? "none over 50 ms" : "PerformanceObserver, longtask",
        ...(itsOwn === 0 ? [] : [`without ${itsOwn.toFixed(0)} ms in which Chromium made its list of them`]),
      ].join(", "),
    });
    return [row("read and grouped", read), row("kept and sent", sent)];
  });
}

/** Runs in the page. */
function note(): void {
  const noted: Noted = { longest: 0, browser: 0 };
  let chosen = 0;
  addEventListener("change", () => (chosen = performance.now()), { capture: true });
  const confirming = new Promise((resolve) => addEventListener("hashchange", () => setTimeout(resolve, 1000)));
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      const browser = startTime < chosen && chosen < startTime + duration ? chosen - startTime : 0;
      noted.longest = Math.max(noted.longest, duration - browser);
      noted.browser = Math.max(noted.browser, browser);
    }
  }).observe({ entryTypes: ["longtask"] });
  Object.assign(window, { noted, confirming });
}
