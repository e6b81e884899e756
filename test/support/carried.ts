import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFarPhone } from "./far-phone.ts";
import type { LineKind } from "./line.ts";
import { madeBytes } from "./made-instance.ts";

/** How an image came over a bad line. */
export interface Carried {
  /** "delivered", or what was waited for in vain. */
  readonly ended: string;
  /** From choosing it to Delivered, or to the end of the patience. */
  readonly seconds: number;
  /** Bytes that the box had received by then. */
  readonly received: number;
  /** What lies in the archive is, byte for byte, what was chosen. */
  readonly same: boolean;
  /** Share of the packets that the line has lost, 0 to 1. */
  readonly lost: number;
  /** Answers to chunk requests other than 200, by status; a request that the page gave up has none. */
  readonly refused: Record<string, number>;
}

/** One CT image of noise, which no compression makes smaller. */
export function noisyImage(bytes: number, study = "2.25.8301", sop = `${study}.1`): Buffer {
  const head = madeBytes({ study, series: `${study}.0`, sop, pixels: 0 }).length;
  const image = Buffer.from(madeBytes({ study, series: `${study}.0`, sop, pixels: bytes - head }));
  randomBytes(bytes - head).copy(image, head);
  return image;
}

/** Sends an image of so many bytes with the app in Chromium over such a line, with so much patience. */
export async function carry(kind: LineKind, bytes: number, milliseconds: number): Promise<Carried> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-carried-"));
  const path = join(folder, "image.dcm");
  const image = noisyImage(bytes);
  writeFileSync(path, image);
  const far = await startFarPhone(kind);
  try {
    await far.browser.page.evaluate(() => performance.setResourceTimingBufferSize(100_000));
    const started = performance.now();
    const ended = await far
      .send([path], milliseconds)
      .then(() => far.delivered(1, Math.max(0, milliseconds - (performance.now() - started))))
      .then(
        () => "delivered",
        (error: Error) => error.message.split("\n")[0] ?? "",
      );
    const seconds = (performance.now() - started) / 1000;
    const statuses = await far.browser.page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => entry.name.includes("/chunk?"))
        .map((entry) => (entry instanceof PerformanceResourceTiming ? entry.responseStatus : 0)),
    );
    const refused: Record<string, number> = {};
    for (const status of statuses) if (status !== 200 && status !== 0) refused[status] = (refused[status] ?? 0) + 1;
    const there = (existsSync(far.received) ? readdirSync(far.received, { recursive: true, encoding: "utf8" }) : [])
      .map((name) => join(far.received, name))
      .filter((name) => statSync(name).isFile());
    const same = there.length === 1 && readFileSync(there[0] ?? "").equals(image);
    const received = far.receivedBytes();
    return { ended, seconds, received, same, lost: far.line.lostShare(), refused };
  } finally {
    await far.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
