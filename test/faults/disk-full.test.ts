import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FakePacsOptions } from "../../src/fake-pacs/behaviour.ts";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import type { Client, Opened } from "../support/client.ts";
import { type MadeStudy, madeStudy } from "./made-study.ts";
import { mountable, onSmallDisk, type SmallDisk, type SmallDiskKind } from "./small-disk.ts";

/** P16: a full disk refuses, never lies, and everything goes on by itself once there is space. */
interface Scene {
  readonly disk: SmallDisk;
  readonly box: Box;
  readonly client: Client;
  readonly pacs: FakePacs;
  readonly options: { -readonly [key in keyof FakePacsOptions]: FakePacsOptions[key] };
}
const megabyte = 1024 * 1024;
const delivered = new Set(["delivered"]);
const problem = async (answer: Response) => `${answer.status} ${((await answer.json()) as { code: string }).code}`;
const full = "507 insufficient_storage";

async function onFullDisk(kind: SmallDiskKind, work: (scene: Scene) => Promise<void>): Promise<void> {
  await onSmallDisk(kind, kind === "ext4" ? 112 : 96, async (disk) => {
    const options: Scene["options"] = {};
    const pacs = await startFakePacs(options);
    const limits = `[limits]\nmin_free_disk_bytes = ${megabyte}`;
    const main = `[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"\ntimeout_seconds = 4`;
    const box = await startBox(`${limits}\n${main}`, { dataDir: join(disk.path, "data") });
    try {
      const client = await box.client();
      await until("the ballast", () => existsSync(ballastOf(box)));
      await work({ disk, box, client, pacs, options });
    } finally {
      await box.stop();
      await pacs.stop();
    }
  });
}
const ballastOf = ({ dataDir }: Box) => join(dataDir, "ballast");
const spooled = ({ dataDir }: Box) => readdirSync(join(dataDir, "spool"));

/** Takes the last byte, and what the box then gives up for its database as well: not one row can be written. */
async function fillToTheLastByte({ disk, client }: Scene, spare: readonly Opened[]): Promise<void> {
  for (const { upload_id } of spare) {
    disk.fill(0);
    const answer = await client.request("DELETE", `/upload/${upload_id}`);
    if (answer.status !== 204) return expect(await problem(answer)).toBe(full);
  }
  expect.unreachable("the database never met the full disk");
}

function expectArrived(pacs: FakePacs, study: MadeStudy): void {
  expect([...pacs.held.keys()].sort()).toEqual([...study.bySop.keys()].sort());
  for (const [uid, bytes] of study.bySop) expect(Buffer.from(pacs.held.get(uid)?.bytes ?? []).equals(bytes)).toBe(true);
}

for (const kind of mountable)
  describe(`a full disk, ${kind}`, () => {
    test("at init: 507 before the first byte, nothing is kept", async () => {
      await onFullDisk(kind, async ({ disk, box, client }) => {
        const body = { total_files: 1, total_size_bytes: 20 * megabyte };
        disk.fill(10 * megabyte);
        const refused = await client.request("POST", "/upload/init", { body });
        expect(refused.headers.get("retry-after")).not.toBeNull();
        expect(await problem(refused)).toBe(full);
        expect(await (await client.request("GET", "/uploads")).json()).toMatchObject({ uploads: [] });
        expect(spooled(box)).toEqual([]);
        disk.clear();
        expect((await client.request("POST", "/upload/init", { body })).status).toBe(201);
        // What is promised to one upload is not promised to another.
        const much = { total_files: 1, total_size_bytes: 70 * megabyte };
        expect(await problem(await client.request("POST", "/upload/init", { body: much }))).toBe(full);
      });
    }, 30_000);

    test("at a chunk: 507, what was answered is there, the rest is asked for and goes later", async () => {
      await onFullDisk(kind, async (scene) => {
        const { disk, box, client, pacs } = scene;
        const study = madeStudy(1, 9 * megabyte);
        const [file] = study.files;
        const bytes = file?.bytes ?? new Uint8Array();
        const opened = await client.init({
          total_files: 1,
          total_size_bytes: bytes.length,
          files: [{ file_id: "a", name: "a.dcm", size_bytes: bytes.length }],
        });
        const piece = (index: number) => bytes.subarray(index * megabyte, (index + 1) * megabyte);
        const last = Math.ceil(bytes.length / megabyte) - 1;
        const answered: number[] = [];
        const send = async (index: number, packed = false) => {
          const answer = packed
            ? await client.chunk(opened, "a", index, gzipSync(piece(index)), { "content-encoding": "gzip" })
            : await client.chunk(opened, "a", index, piece(index));
          if (answer.ok) answered.push(index);
          return answer;
        };
        expect((await send(0)).status).toBe(200);
        disk.fill(megabyte);
        expect(await problem(await send(1))).toBe(full); // told by its length
        disk.clear();
        disk.fill(800_000);
        expect(await problem(await send(2, true))).toBe(full); // met while writing
        disk.clear();
        disk.fill(4 * megabyte);
        const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((index) => send(index, true)));
        expect(answers.map(({ status }) => status)).toContain(507);
        expect(new Set(answers.map(({ status }) => status)).difference(new Set([200, 507])).size).toBe(0);

        const status = await client.status(opened.upload_id);
        const missing = new Set(
          status.files[0]?.missing.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, n) => a + n)),
        );
        expect(answered.filter((index) => missing.has(index))).toEqual([]);
        expect(missing.size).toBe(last + 1 - answered.length);
        const [folder] = spooled(box);
        const onDisk = readFileSync(join(box.dataDir, "spool", folder ?? "", "files", "1"));
        for (const index of answered)
          expect(onDisk.subarray(index * megabyte, (index + 1) * megabyte).equals(piece(index))).toBe(true);
        expect(await problem(await client.complete(opened))).toBe("409 upload_incomplete");

        disk.clear();
        for (const index of missing) expect((await send(index)).status).toBe(200);
        expect((await client.complete(opened)).status).toBe(200);
        await client.reach(opened.upload_id, delivered);
        expectArrived(pacs, study);
      });
    }, 30_000);

    test("at unpacking: it waits, says so, and goes on by itself; or is cancelled", async () => {
      await onFullDisk(kind, async ({ disk, box, client, pacs }) => {
        const study = madeStudy(6, 5 * megabyte);
        // The first opens, the second has no room beside it.
        const zips = [study.files.slice(0, 2), study.files.slice(2)].map((files, index) => ({
          name: `${index}.zip`,
          bytes: makeZip(files.map(({ name, bytes }) => ({ name, data: bytes }))),
        }));
        const [opened, unwanted] = [await client.upload(zips), await client.upload(zips)];
        disk.fill(30 * megabyte);
        for (const one of [opened, unwanted]) {
          expect((await client.complete(one)).status).toBe(200);
          let status = await client.status(one.upload_id);
          await until("the warning", async () => {
            status = await client.status(one.upload_id);
            return status.warnings.length > 0;
          });
          expect(status).toMatchObject({ state: "processing", warnings: [{ code: "waiting_for_space" }], studies: [] });
        }
        // Half of a study must not take the space it waits for: all is free between the tries, not only for a moment.
        let inRow = 0;
        await until("the halves to stay away", () => {
          inRow = disk.freeBytes() > 29 * megabyte ? inRow + 1 : 0;
          return inRow === 20;
        });
        expect((await client.request("DELETE", `/upload/${unwanted.upload_id}`)).status).toBe(204);
        expect(await client.status(unwanted.upload_id)).toMatchObject({ state: "cancelled" });
        await until("its files to leave", () => spooled(box).length === 1);
        disk.clear();
        const status = await client.reach(opened.upload_id, delivered, 15_000);
        expect(status.warnings).toEqual([]);
        expectArrived(pacs, study);
      });
    }, 60_000);

    test("at a commit: the ballast makes room, and is laid again later", async () => {
      await onFullDisk(kind, async ({ disk, box, client, pacs }) => {
        const study = madeStudy(20);
        const opened = await client.upload(study.files);
        disk.fill(0);
        expect((await client.complete(opened)).status).toBe(200);
        await client.reach(opened.upload_id, delivered);
        expectArrived(pacs, study);
        expect(existsSync(ballastOf(box))).toBe(false);
        disk.clear();
        await client.send(madeStudy(1).files); // cleanup looks at the end of an upload
        await until("the ballast", () => existsSync(ballastOf(box)), 30_000);
      });
    }, 60_000);

    test("at a start: the ballast makes room; without it the box says so, and starts once there is space", async () => {
      await onFullDisk(kind, async ({ disk, box, client, pacs }) => {
        const study = madeStudy(5);
        const opened = await client.upload(study.files);
        // An ordered stop takes the database's log away, so that a start has to make it anew.
        expect(await box.terminate()).toBe(0);
        disk.fill(0);
        await box.start();
        expect(existsSync(ballastOf(box))).toBe(false);
        expect((await client.status(opened.upload_id)).state).toBe("receiving");
        expect(await box.terminate()).toBe(0);
        disk.fill(0);
        expect(await box.start().catch((error: Error) => error.message)).toContain(
          "The disk with the data folder is full",
        );
        disk.clear();
        await box.start();
        expect((await client.complete(opened)).status).toBe(200);
        await client.reach(opened.upload_id, delivered);
        expectArrived(pacs, study);
      });
    }, 60_000);

    test("at a commit with nothing left to give up: no false answer; then it goes on by itself", async () => {
      await onFullDisk(kind, async (scene) => {
        const { disk, client, pacs, options } = scene;
        const [study, other] = [madeStudy(20), madeStudy(20)];
        const opened = await client.upload(study.files);
        const small = { total_files: 1, total_size_bytes: 1 };
        const spare = await Promise.all(Array.from({ length: 10 }, () => client.init(small)));
        options.otherwise = { ending: "hang" };
        const sending = await client.upload(other.files);
        await client.complete(sending);
        await until("the archive to hold it, unanswered", () => pacs.held.size === 20);
        await fillToTheLastByte(scene, spare);
        options.otherwise = {};

        expect(await problem(await client.complete(opened))).toBe(full);
        expect((await client.status(opened.upload_id)).state).toBe("receiving");
        expect(await problem(await client.request("DELETE", `/upload/${opened.upload_id}`))).toBe(full);
        // After its patience the box asks and finds all of it, but cannot note that: nothing may be called delivered.
        const asked = pacs.requests.length;
        await until("the box to ask", () => pacs.requests.length > asked);
        await until("an error", () => scene.box.events("worker.failed").length > 0);
        expect((await client.status(sending.upload_id)).state).toBe("forwarding");
        expect((await client.request("GET", "/health", { token: null })).status).toBe(200);

        disk.clear();
        const cleared = performance.now();
        await client.reach(sending.upload_id, delivered, 30_000);
        console.info(`delivered ${Math.round(performance.now() - cleared)} ms after there was space`);
        expect(pacs.stores.flatMap(({ uids }) => uids).length).toBe(20); // found, not sent again
        expect((await client.complete(opened)).status).toBe(200);
        await client.reach(opened.upload_id, delivered);
        expect(pacs.held.size).toBe(40);
      });
    }, 90_000);
  });
