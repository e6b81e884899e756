import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manyUploads } from "../../scripts/proof/p20-memory.ts";
import { startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import type { SendFile } from "../support/client.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { type BigStudy, bigInstance, bigStudy } from "./big-study.ts";

const minutes = 60_000;
setDefaultTimeout(10 * minutes);

/** P20: the server's peak resident memory while one large study goes through. RELAYPACS_FULL=1: 1 GB, else 300 MB. */
const full = process.env.RELAYPACS_FULL === "1";
const megabytes = full ? 1024 : 300;
const slices = full ? 2000 : 580;
const mostMemory = 300 * 1_048_576;

test("a box at rest has at most 90 MB, with what it has in common with other programs", async () => {
  const box = await startBox();
  try {
    const resident = async () =>
      Number(/^VmRSS:\s+(\d+) kB/m.exec(await Bun.file(`/proc/${box.pid}/status`).text())?.[1]) * 1024;
    expect((await fetch(`${box.url}/health`)).ok).toBe(true);
    await until("it to rest within 90 MB", async () => (await resident()) <= 90e6, 20_000);
  } finally {
    await box.stop();
  }
});

let study: BigStudy;
let instance: BigStudy;
beforeAll(() => {
  study = bigStudy(slices);
  instance = bigInstance(megabytes);
});
afterAll(() => {
  study.remove();
  instance.remove();
});

const hashes = (pieces: Iterable<Uint8Array>) =>
  [...pieces].map((bytes) => createHash("sha256").update(bytes).digest("hex")).sort();

/** Sends to a box of its own, so that its peak is this upload's. */
async function throughBox(what: string, files: readonly SendFile[], destination: string): Promise<void> {
  const box = await startBox(`[[destination]]\nid = "d"\n${destination}`);
  try {
    const client = await box.client();
    const started = performance.now();
    const status = await client.send(files, {}, 5 * minutes);
    expect(status).toMatchObject({ state: "delivered", warnings: [] });
    const seconds = (performance.now() - started) / 1000;
    const sent = files.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1_048_576;
    const peak = await box.peakMemory();
    const figures = [`${sent.toFixed(0)} MiB`, `${seconds.toFixed(1)} s`, `peak ${(peak / 1_048_576).toFixed(0)} MiB`];
    process.stdout.write(`${what}: ${figures.join(", ")}\n`);
    expect(peak).toBeLessThanOrEqual(mostMemory);
  } finally {
    await box.stop();
  }
}

describe(`${megabytes} MB within 300 MB of memory`, () => {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-size-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  async function intoFolder(what: string, files: readonly SendFile[], sources: readonly SendFile[]): Promise<void> {
    const path = join(folder, what.replaceAll(" ", "-"));
    await throughBox(what, files, `kind = "folder"\npath = "${path}"`);
    const arrived = readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name));
    const objects = arrived.filter((name) => statSync(name).isFile()).map((name) => Bun.mmap(name));
    expect(hashes(objects)).toEqual(hashes(sources.map(({ bytes }) => bytes)));
    rmSync(path, { recursive: true });
  }

  test("a study as files", () => intoFolder("study as files", study.files, study.files));
  test("the same as one ZIP", () => intoFolder("study as a ZIP", [study.zip], study.files));
  test("one multi-frame file", () => intoFolder("multi-frame file", instance.files, instance.files));
});

if (orthancProgram !== null) {
  describe(`${megabytes} MB into a real Orthanc within 300 MB of memory`, () => {
    let orthanc: OrthancServer;
    beforeAll(async () => {
      orthanc = await startOrthanc();
    });
    afterAll(() => orthanc.stop());

    test("a study by STOW-RS", async () => {
      await throughBox("study by STOW-RS", study.files, `kind = "stow-rs"\nurl = "${orthanc.dicomWebUrl}"`);
      expect((await orthanc.instances()).length).toBe(study.files.length);
    });
  });
}

test("three uploads at once within 512 MB of memory", async () => {
  const { peak, delivered } = await manyUploads(3, 200);
  expect(delivered).toBe(true);
  expect(peak).toBeLessThanOrEqual(512 * 1_048_576);
});
