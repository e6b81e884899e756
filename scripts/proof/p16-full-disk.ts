import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { mountable, onSmallDisk, type SmallDisk, type SmallDiskKind } from "../../test/faults/small-disk.ts";
import { type Box, startBox } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import type { Client } from "../../test/support/client.ts";
import { most, type Outcome, seconds, share, tell } from "./promise.ts";

const megabyte = 1024 * 1024;
const delivered = new Set(["delivered"]);

interface Scene {
  readonly disk: SmallDisk;
  readonly box: Box;
  readonly client: Client;
  readonly pacs: FakePacs;
}
/** What a full disk meets; answers how long after there was space again it went on, milliseconds. */
type Meeting = (scene: Scene) => Promise<number>;

async function since(disk: SmallDisk, goesOn: () => Promise<unknown>): Promise<number> {
  disk.clear();
  const cleared = performance.now();
  await goesOn();
  return performance.now() - cleared;
}
const expectFull = async (answer: Response) => {
  expect(answer.status).toBe(507);
  expect(answer.headers.get("retry-after")).not.toBeNull();
  await answer.body?.cancel();
};

const meetings: Record<string, Meeting> = {
  init: async ({ disk, client }) => {
    const body = { total_files: 1, total_size_bytes: 20 * megabyte };
    disk.fill(10 * megabyte);
    await expectFull(await client.request("POST", "/upload/init", { body }));
    return since(disk, async () => {
      const { upload_id } = await client.init(body);
      expect((await client.request("DELETE", `/upload/${upload_id}`)).status).toBe(204);
    });
  },
  chunk: async ({ disk, box, client }) => {
    const [bytes = new Uint8Array()] = madeStudy(1, 4 * megabyte).bySop.values();
    const opened = await client.init({ total_files: 1, total_size_bytes: bytes.length });
    const piece = (index: number) => bytes.subarray(index * megabyte, (index + 1) * megabyte);
    expect((await client.chunk(opened, "a", 0, piece(0))).status).toBe(200);
    disk.fill(megabyte);
    await expectFull(await client.chunk(opened, "a", 1, piece(1)));
    // What was answered is there, and nothing else is called so.
    expect((await client.status(opened.upload_id)).uploaded_bytes).toBe(megabyte);
    const onDisk = readFileSync(join(box.dataDir, "spool", opened.upload_id, "files", "1"));
    expect(onDisk.subarray(0, megabyte).equals(piece(0))).toBe(true);
    return since(disk, async () => {
      for (let index = 1; index * megabyte < bytes.length; index++)
        expect((await client.chunk(opened, "a", index, piece(index))).status).toBe(200);
      await client.complete(opened);
      await client.reach(opened.upload_id, delivered);
    });
  },
  unpack: async ({ disk, client }) => {
    const members = madeStudy(5, 3 * megabyte).files.map(({ name, bytes }) => ({ name, data: bytes }));
    const opened = await client.upload([{ name: "study.zip", bytes: makeZip(members) }]);
    disk.fill(8 * megabyte);
    expect((await client.complete(opened)).status).toBe(200);
    await until("the warning", async () => (await client.status(opened.upload_id)).warnings.length > 0);
    expect(await client.status(opened.upload_id)).toMatchObject({ state: "processing", studies: [] });
    return since(disk, () => client.reach(opened.upload_id, delivered));
  },
  commit: async ({ disk, client }) => {
    const opened = await client.upload(madeStudy(20).files);
    const spare = await Promise.all(
      Array.from({ length: 12 }, () => client.init({ total_files: 1, total_size_bytes: 1 })),
    );
    for (const { upload_id } of spare) {
      disk.fill(0);
      if ((await client.request("DELETE", `/upload/${upload_id}`)).status === 507) break;
    }
    await expectFull(await client.complete(opened));
    expect((await client.status(opened.upload_id)).state).toBe("receiving");
    return since(disk, async () => {
      await until("complete to be taken", async () => (await client.complete(opened)).ok);
      await client.reach(opened.upload_id, delivered);
    });
  },
};

async function meet(kind: SmallDiskKind, meeting: Meeting): Promise<number> {
  let took = 0;
  await onSmallDisk(kind, kind === "ext4" ? 112 : 96, async (disk) => {
    const pacs = await startFakePacs();
    const box = await startBox(
      `[limits]\nmin_free_disk_bytes = ${megabyte}\n[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"`,
      { dataDir: join(disk.path, "data") },
    );
    try {
      took = await meeting({ disk, box, client: await box.client(), pacs });
    } finally {
      await box.stop();
      await pacs.stop();
    }
  });
  return took;
}

export async function run(scale: number): Promise<Outcome> {
  const rounds = share(10, scale);
  const took: number[] = [];
  let wrong = 0;
  for (let round = 0; round < rounds; round++)
    for (const kind of mountable)
      for (const [name, meeting] of Object.entries(meetings))
        await meet(kind, meeting).then(
          (milliseconds) => took.push(milliseconds),
          (error: Error) => {
            wrong += 1;
            tell(`  P16 ${kind}, ${name}: ${error.message}`);
          },
        );
  return {
    promise: "P16",
    what: `disk full (${Object.keys(meetings).join(", ")}): refuses, never lies, recovers alone`,
    target: "507, 0 false answers, resumes ≤ 5 s",
    measured: `${took.length + wrong} times full on ${mountable.join(" and ") || "no file system: none can be mounted"}: ${wrong} false answers; the study went on to its end ${seconds(most(took))} at most after there was space`,
    passed: wrong === 0 && took.length > 0 && mountable.length === 2 && most(took) <= 5000,
  };
}
