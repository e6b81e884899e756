import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox, testPassword } from "../../test/support/box.ts";
import { type Browser, startBrowser } from "../../test/support/browser.ts";
import { until } from "../../test/support/child.ts";
import { choosePaths } from "../../test/support/far-phone.ts";
import { madeBytes } from "../../test/support/made-instance.ts";
import { sharedData } from "../../test/support/shared-data.ts";
import { megabytes } from "./measure.ts";
import { bun, ran } from "./programs.ts";
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

/** A 2 GB study of uncompressed CT: the renderer's resident memory, its workers included, from choosing to the box's last byte. */
async function bigStudy(scale: number): Promise<Result[]> {
  const data = sharedData;
  if (data === null) return [];
  return withFolder(async (folder) => {
    const slices = Math.round(3900 * scale);
    await ran([
      bun,
      join(data, "make-study.mjs"),
      "--out",
      folder,
      "--slices",
      `${slices}`,
      "--series",
      "4",
      "--quiet",
    ]);
    const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile());
    const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
    return withPage(async (browser, box) => {
      const memory = watchRenderers(browser.pid);
      await choosePaths(browser.page, "Add study", paths);
      await press(browser, "Send");
      await browser.unwatched(() =>
        until("the box to have all", () => box.events("upload.completed").length > 0, 1_200_000),
      );
      const { atFirst, most } = memory.stop();
      return [
        {
          name: `${(bytes / 1e9).toFixed(2)} GB on the device: resident memory of the page's process`,
          figure: megabytes(most),
          unit: "MB",
          bound: { most: 300 },
          of: `workers included; ${megabytes(atFirst).toFixed(0)} MB of it before anything was chosen`,
        },
      ];
    });
  });
}

/** Looks at the largest renderer of this browser four times a second. */
function watchRenderers(browser: number) {
  const now = () => Math.max(0, ...renderersOf(browser).map(residentBytes));
  const atFirst = now();
  let most = atFirst;
  const timer = setInterval(() => {
    most = Math.max(most, now());
  }, 250);
  return {
    stop: () => {
      clearInterval(timer);
      return { atFirst, most };
    },
  };
}

const text = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
};
const residentBytes = (pid: number) => Number(/^VmRSS:\s+(\d+) kB/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;

function renderersOf(browser: number): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(/^PPid:\s+(\d+)/m.exec(text(`/proc/${name}/status`))?.[1] ?? 0)]),
  );
  const below = (pid: number): boolean => pid === browser || (pid > 1 && below(parents.get(pid) ?? 0));
  return [...parents.keys()].filter((pid) => below(pid) && text(`/proc/${pid}/cmdline`).includes("--type=renderer"));
}
