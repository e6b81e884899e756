import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { nightlyCopies } from "../backup/nightly.ts";
import type { Config } from "../core/config-schema.ts";
import { checkDatabase } from "../db/check.ts";
import type { CheckStep } from "../destinations/destination.ts";
import { nearestFolder } from "./doctor-checks.ts";

const passed = (name: string, detail: string): CheckStep => ({ name, ok: true, detail });
const failed = (name: string, detail: string, fix: string): CheckStep => ({ name, ok: false, detail, fix });

/** Files and sockets it can have open: chunk requests, deliveries and the database together. */
const leastFiles = 4096;
/** A sync slower than this makes each chunk wait: a memory card, a network mount, a disk that is dying. */
const slowestSyncMs = 500;
const syncs = 5;
const hour = 3_600_000;

/** The limit of open files, of this process: the service has its unit's (LimitNOFILE). */
export function openFiles(limits = readFileSync("/proc/self/limits", "utf8")): CheckStep {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1] ?? "unlimited";
  if (soft === "unlimited" || Number(soft) >= leastFiles) return passed("open files", `${soft} at once`);
  return failed(
    "open files",
    `only ${soft} at once`,
    `Raise the limit to ${leastFiles} or more (ulimit -n; LimitNOFILE= in the unit).`,
  );
}

/** Without its compiler the same work takes about thirty times as long, and nothing else says so. */
export async function compiler(): Promise<CheckStep> {
  const name = "compiler";
  const { numberOfDFGCompiles } = await import("bun:jsc");
  const work = (rounds: number) => {
    let sum = 0;
    for (let round = 0; round < rounds; round++) sum = (sum * 31 + round) | 0;
    return sum;
  };
  // The engine answers a million where it cannot compile at all.
  for (let tries = 0; tries < 5000 && numberOfDFGCompiles(work) === 0; tries++) {
    work(1000);
    await new Promise((resolve) => setImmediate(resolve)); // the compiler has a thread of its own
  }
  const compiled = numberOfDFGCompiles(work);
  if (compiled > 0 && compiled < 1_000_000) return passed(name, "code is compiled as it runs");
  const fix = "Take MemoryDenyWriteExecute= out of the unit, and BUN_JSC_useJIT out of its environment.";
  return failed(name, "code is interpreted only: everything is many times slower", fix);
}

/** How long a small write takes to be on stable storage below data_dir; the median of five. */
export function diskSync({ data_dir }: Config): CheckStep {
  const name = "disk speed";
  const folder = mkdtempSync(join(nearestFolder(data_dir), ".relaypacs-doctor-"));
  try {
    const fd = openSync(join(folder, "sync"), "w");
    const took: number[] = [];
    for (let round = 0; round < syncs; round++) {
      const started = performance.now();
      writeSync(fd, new Uint8Array(4096));
      fdatasyncSync(fd);
      took.push(performance.now() - started);
    }
    closeSync(fd);
    const median = took.sort((a, b) => a - b)[Math.floor(syncs / 2)] ?? 0;
    const detail = `a small write is safe after ${median.toFixed(1)} ms`;
    if (median <= slowestSyncMs) return passed(name, detail);
    return failed(name, detail, `Put data_dir on a local disk (SSD): each chunk waits for ${data_dir}.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the database is whole; one that is not there yet is made at the first start. */
export function database({ data_dir }: Config): CheckStep {
  const fault = checkDatabase(data_dir);
  if (fault === undefined) return passed("database", "is whole");
  if (fault === "missing") return passed("database", "is made at the first start");
  const fix = "Stop the box, keep a copy of data_dir, then: relaypacs restore FILE into a folder without a database.";
  return failed("database", "is damaged", fix);
}

/** The box's own copies: old ones mean that they have been failing. */
export function copies({ data_dir, backup }: Config, now = Date.now()): CheckStep {
  const name = "copies";
  const [newest] = nightlyCopies(data_dir, now);
  if (newest === undefined) return passed(name, "none yet; the first is made when the box starts");
  const hours = (now - newest.madeAt) / hour;
  const detail = `the newest is ${hours < 1 ? "less than an hour" : `${Math.round(hours)} hours`} old`;
  if (hours <= 2 * backup.every_hours + 1) return passed(name, detail);
  return failed(name, detail, "backup.failed in the log says why; relaypacs backup makes one now.");
}
