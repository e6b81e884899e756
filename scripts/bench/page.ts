import { randomBytes } from "node:crypto";
import { closeSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox, testPassword } from "../../test/support/box.ts";
import { type Browser, startBrowser } from "../../test/support/browser.ts";
import { until } from "../../test/support/child.ts";
import { choosePaths } from "../../test/support/far-phone.ts";
import { madeBytes } from "../../test/support/made-instance.ts";
import { megabytes } from "./measure.ts";
import { watchRenderers } from "./renderer.ts";
import type { Bench, Result } from "./result.ts";
import { withFolder } from "./work-folder.ts";

const destination = '[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n';

/** What a large study costs the page: memory, and how long it keeps a person waiting at once. */
export const page: Bench = {
  name: "page",
  run: async (scale) => [...(await withFolder((folder) => manyFiles(folder, scale))), ...(await bigStudy(scale))],
};

async function withPage<T>(work: (browser: Browser, box: Box) => Promise<T>): Promise<T> {
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

const press = (browser: Browser, name: string) =>
  browser.page.getByRole("button", { name, exact: true }).click({ timeout: 300_000 });

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

/** 2 GB, once as slices of 530 kB, once as one file: the memory of the page's own process, from choosing to the box's last byte. */
async function bigStudy(scale: number): Promise<Result[]> {
  const slices = Math.round(3900 * scale);
  const shapes = [
    { shape: `${slices} slices`, images: slices, pixels: 524_288 },
    { shape: "one file", images: 1, pixels: Math.round(2.05e9 * scale) },
  ];
  const results: Result[] = [];
  for (const { shape, images, pixels } of shapes)
    results.push(
      await withFolder((folder) => {
        const paths = Array.from({ length: images }, (_, index) => join(folder, `IM${index}`));
        for (const path of paths) writeNoise(path, pixels);
        return memoryOf(shape, paths);
      }),
    );
  return results;
}

/** One image of noise, which no compression makes smaller, written in portions. */
function writeNoise(path: string, pixels: number): void {
  const head = Buffer.from(madeBytes({ study: "2.25.8402", series: "2.25.8402.1", pixels: 0 }));
  head.writeUInt32LE(pixels, head.length - 4); // Pixel Data is the last element and still empty
  const noise = randomBytes(Math.min(pixels, 4_194_304));
  const file = openSync(path, "w");
  writeSync(file, head);
  for (let left = pixels; left > 0; left -= noise.length) writeSync(file, noise, 0, Math.min(left, noise.length));
  closeSync(file);
}

const memoryOf = (shape: string, paths: readonly string[]): Promise<Result> =>
  withPage(async (browser, box) => {
    const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
    const memory = watchRenderers(browser.pid);
    await choosePaths(browser.page, "Add study", paths);
    await press(browser, "Send");
    await browser.unwatched(() =>
      until("the box to have all", () => box.events("upload.completed").length > 0, 1_200_000),
    );
    const { atFirst, most } = memory.stop();
    const figure = (value: number) => megabytes(value).toFixed(0);
    return {
      name: `${(bytes / 1e9).toFixed(2)} GB on the device, ${shape}: private memory of the page's process`,
      figure: megabytes(most.own),
      unit: "MB",
      bound: { most: 300 },
      of: `workers included; ${figure(atFirst.own)} before anything was chosen; resident ${figure(most.resident)}, Chromium's own code with it`,
    };
  });
