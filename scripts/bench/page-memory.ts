import { randomBytes } from "node:crypto";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../test/support/child.ts";
import { choosePaths } from "../../test/support/far-phone.ts";
import { madeBytes } from "../../test/support/made-instance.ts";
import { megabytes } from "./measure.ts";
import { watchRenderers } from "./renderer.ts";
import type { Bench, Result } from "./result.ts";
import { press, withPage } from "./signed-in.ts";
import { withFolder } from "./work-folder.ts";

/** What a large study costs the page in memory. */
export const pageMemory: Bench = { name: "page-memory", run: bigStudy };

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
