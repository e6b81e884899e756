import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../test/support/child.ts";
import { choosePaths } from "../../test/support/far-phone.ts";
import { madeBytes } from "../../test/support/made-instance.ts";
import type { Bench, Result } from "./result.ts";
import { press, withPage } from "./signed-in.ts";
import { withFolder } from "./work-folder.ts";

/** How long a study of many files keeps a person waiting at once. */
export const page: Bench = { name: "page", run: (scale) => withFolder((folder) => manyFiles(folder, scale)) };

/** 10 000 small images: the longest task of the page's own thread while they are read, and while they are kept and sent. */
async function manyFiles(folder: string, scale: number): Promise<Result[]> {
  const count = Math.round(10_000 * scale);
  const paths = Array.from({ length: count }, (_, index) => join(folder, `IM${index}`));
  for (const [index, path] of paths.entries())
    writeFileSync(path, madeBytes({ study: "2.25.8401", series: `2.25.8401.${index % 10}`, pixels: 128 }));
  return withPage(async (browser, box) => {
    await browser.page.evaluate(() => {
      Object.assign(window, { longest: 0 });
      const note = (ms: number) => Object.assign(window, { longest: Math.max(ms, Reflect.get(window, "longest")) });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) note(duration);
      }).observe({ entryTypes: ["longtask"] });
    });
    const longest = () =>
      browser.page.evaluate(() => {
        const ms = Number(Reflect.get(window, "longest"));
        Object.assign(window, { longest: 0 });
        return ms;
      });
    await choosePaths(browser.page, "Add study", paths);
    await browser.page.getByRole("heading", { name: "Confirm study" }).waitFor({ timeout: 300_000 });
    const read = await longest();
    await press(browser, "Send");
    await browser.unwatched(() =>
      until("the box to have all", () => box.events("upload.completed").length > 0, 600_000),
    );
    const sent = await longest();
    const row = (name: string, figure: number): Result => ({
      name: `${count} files, ${name}: longest task of the page`,
      figure,
      unit: "ms",
      bound: { most: 50 },
      of: figure === 0 ? "none over 50 ms" : "PerformanceObserver, longtask",
    });
    return [row("read and grouped", read), row("kept and sent", sent)];
  });
}
