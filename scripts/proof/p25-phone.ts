import { expect } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {} from "../../test/browser/queue-page.ts";
import { type QueueRelay, startQueueRelay } from "../../test/browser/queue-relay.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { type Box, startBox, testPassword } from "../../test/support/box.ts";
import { type Browser, startBrowser } from "../../test/support/browser.ts";
import { until } from "../../test/support/child.ts";
import { type LoopDisk, loopDisk } from "../../test/support/loop-disk.ts";
import { type Outcome, share, tell } from "./promise.ts";

export interface PhoneQueue {
  readonly rounds: number;
  /** Studies that were shown as saved and were not there, or not whole, afterwards. */
  readonly lost: number;
}
export type PhoneEnd = "kill" | "power cut";

interface Scene {
  readonly box: Box;
  readonly relay: QueueRelay;
  readonly disk: LoopDisk;
  readonly browser: Browser;
  readonly folder: string;
}

/** A study is put into the queue of a page that has no connection; with the word "saved" the browser ends; then it goes on. */
async function round({ box, relay, disk, browser, folder }: Scene, end: PhoneEnd): Promise<boolean> {
  const study = madeStudy(3, 200_000);
  const files = [...study.bySop].map(([uid, bytes], index) => {
    const noise = Uint8Array.from(bytes);
    noise.set(randomBytes(noise.length - 2000), 2000);
    const path = join(folder, `${study.uid}-${index}.dcm`);
    writeFileSync(path, noise);
    return { uid, path, bytes: noise };
  });
  const open = async () => {
    await browser.page.goto(`${relay.url}/`);
    await browser.page.waitForFunction(() => document.title === "ready");
    await browser.page.evaluate((password) => window.handle.signIn("radiographer", password), testPassword);
  };
  const queued = () =>
    browser.page.evaluate(() =>
      [...window.handle.queue.studies]
        .toSorted((a, b) => b.createdAt - a.createdAt)
        .map(({ id, state, kept, cause, status }) => ({ id, state, kept, cause, delivered: status?.state })),
    );
  await open();
  const earlier = new Set((await queued()).map(({ id }) => id));
  relay.fault = (_, path) => (path.startsWith("/upload") ? new Response("", { status: 502 }) : null);
  await browser.page.locator("input").setInputFiles(files.map(({ path }) => path));
  void browser.page.evaluate(() => window.handle.send()).catch(() => undefined); // it may be cut off before it answers
  const fresh = async () => (await queued()).find(({ id }) => !earlier.has(id));
  await until("the study to be saved", async () => {
    const one = await fresh();
    return one?.kept === true && one.state !== "saving";
  });
  if (end === "power cut") disk.cut(browser.pid);
  await browser.kill();
  await browser.start();
  relay.fault = () => null;
  await open();
  const there = await fresh();
  if (!there?.kept) return false;
  await until("the study to be delivered", async () => (await fresh())?.delivered === "delivered", 60_000).catch(
    () => undefined,
  );
  return files.every(({ uid, bytes }) => {
    const path = join(box.dataDir, "received", study.uid, `${study.uid}.0`, `${uid}.dcm`);
    return readFileSync(path).equals(bytes);
  });
}

/** @throws Error where the machine has no disk to cut off */
export async function savedQueues(rounds: number, end: PhoneEnd): Promise<PhoneQueue> {
  const disk = loopDisk("ext4", 1024);
  if (disk === null) throw new Error("no ext4 on a loop device here: it takes root, xfsprogs and e2fsprogs");
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-phone-"));
  const ends: (() => Promise<void> | void)[] = [() => disk.remove(), () => rmSync(folder, { recursive: true })];
  try {
    const box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n');
    ends.unshift(box.stop);
    await box.client("radiographer");
    const relay = await startQueueRelay(() => box.url);
    ends.unshift(() => relay.stop());
    const browser = await startBrowser({ parent: disk.path });
    ends.unshift(browser.stop);
    let lost = 0;
    for (let n = 0; n < rounds; n++) {
      const whole = await round({ box, relay, disk, browser, folder }, end).catch((error: Error) => {
        tell(`  P25 ${end}: ${error.message}`);
        return false;
      });
      if (!whole) lost += 1;
      if ((n + 1) % 10 === 0) tell(`  P25: ${n + 1} of ${rounds} times ${end}, ${lost} lost`);
    }
    expect(browser.complaints.filter((line) => !/502|Failed to load|fetch/i.test(line))).toEqual([]);
    return { rounds, lost };
  } finally {
    for (const one of ends) await one();
  }
}

export async function run(scale: number): Promise<Outcome> {
  const each = share(20, scale);
  const [kills, cuts] = [await savedQueues(each, "kill"), await savedQueues(each, "power cut")];
  return {
    promise: "P25",
    what: "the phone's queue survives browser kill and power loss (Chromium, profile on ext4)",
    target: '0 lost after "saved"',
    measured: `${kills.lost + cuts.lost} of ${2 * each} saved studies lost (${each} kills, ${each} power cuts); the others delivered, bytes equal`,
    passed: kills.lost + cuts.lost === 0,
  };
}
