import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../test/support/child.ts";
import { choosePaths } from "../../test/support/far-phone.ts";
import { madeBytes } from "../../test/support/made-instance.ts";
import { startTrace, type Trace } from "./page-trace.ts";
import type { Bench, Result } from "./result.ts";
import { withPage } from "./signed-in.ts";
import { withFolder } from "./work-folder.ts";

/** How long a study of many files keeps a person waiting at once. */
export const page: Bench = { name: "page", run: (scale) => withFolder((folder) => manyFiles(folder, scale)) };

/** 10 000 small images: the longest script in a task of the page's own thread while they are read, and while they are kept and sent. */
async function manyFiles(folder: string, scale: number): Promise<Result[]> {
  const count = Math.round(10_000 * scale);
  const paths = Array.from({ length: count }, (_, index) => join(folder, `IM${index}`));
  for (const [index, path] of paths.entries())
    writeFileSync(path, madeBytes({ study: "2.25.8401", series: `2.25.8401.${index % 10}`, pixels: 128 }));
  return withPage(async (browser, box) => {
    const trace = await startTrace(browser.profile, "begun");
    const mark = (name: string) => browser.page.evaluate((given) => void performance.mark(given), name);
    await browser.page.evaluate(() => {
      const confirming = new Promise((resolve) => addEventListener("hashchange", () => setTimeout(resolve, 1000)));
      Object.assign(window, { confirming });
    });
    await mark("begun");
    await choosePaths(browser.page, "Add study", paths);
    // a driver that looks for a heading again and again would be the longest task itself
    await browser.page.evaluate(() => Reflect.get(window, "confirming"));
    await mark("read");
    await browser.page.getByRole("button", { name: "Send", exact: true }).click({ timeout: 300_000 });
    await browser.unwatched(async () => {
      await until("the box to have all", () => box.events("upload.completed").length > 0, 600_000);
    });
    await mark("sent");
    const told = await trace.stop();
    return [
      ...rows(`${count} files, read and grouped`, told, "begun", "read"),
      ...rows(`${count} files, kept and sent`, told, "read", "sent"),
    ];
  });
}

/** On the clock, and in processor time, which others of the machine do not lengthen. */
function rows(name: string, { tasks, marks }: Trace, from: string, to: string): Result[] {
  const within = tasks.filter(({ at }) => at >= (marks.get(from) ?? 0) && at < (marks.get(to) ?? 0));
  const own = within.filter(({ wall, script }) => wall - script > 50);
  const scripted = within.filter(({ script }) => script > 1).sort((a, b) => b.script - a.script);
  const [longest] = scripted;
  const busiest = Math.max(0, ...scripted.map(({ processor, script }) => Math.min(processor, script)));
  const told = own.map(({ wall, script, processor }) => `${(wall - script).toFixed(0)} (${processor.toFixed(0)})`);
  const row = (what: string, figure: number, of: string): Result => ({
    name: `${name}: ${what}`,
    figure,
    unit: "ms",
    bound: { most: 50 },
    of,
  });
  return [
    row(
      "longest script in a task of the page",
      longest?.script ?? 0,
      `${(longest?.processor ?? 0).toFixed(0)} ms of processor time in it; ${within.length} tasks above 1 ms`,
    ),
    row(
      "most processor time of one",
      busiest,
      `Chromium's own tasks above 50 ms, no script in that (processor): ${told.join(", ") || "none"}`,
    ),
  ];
}
