import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { abandoned } from "../../scripts/proof/p15-abandoned.ts";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { type Box, startBox } from "../support/box.ts";
import { freePort, until } from "../support/child.ts";
import type { Client, Opened, SendFile } from "../support/client.ts";
import { madeStudy } from "./made-study.ts";

/** What leaves the box and when; and what it does when files left that should not have. */
const seconds = (count: number) => count / 3600;
const archive = (port: number | string, more = "") =>
  `${more}\n[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "http://127.0.0.1:${port}/dicom-web"`;
const spool = ({ dataDir }: Box, ...below: string[]) => join(dataDir, "spool", ...below);
const problem = async (answer: Response) => `${answer.status} ${((await answer.json()) as { code: string }).code}`;

async function withBox(toml: string, work: (box: Box, client: Client) => Promise<void>): Promise<void> {
  const box = await startBox(toml);
  try {
    await work(box, await box.client());
  } finally {
    await box.stop();
  }
}

/** Hands in files for an archive that is down, and waits until they are on their way. */
async function forwarding(client: Client, files: readonly SendFile[]): Promise<Opened> {
  const opened = await client.upload(files);
  await client.complete(opened);
  await client.reach(opened.upload_id, new Set(["forwarding"]));
  return opened;
}

test("P15: an abandoned upload expires: no file stays, writes are 410", async () => {
  await withBox(`[retention]\nupload_idle_hours = ${seconds(1.5)}`, async (box, client) => {
    const study = madeStudy(2, 5000);
    const opened = await client.upload(study.files);
    expect(readdirSync(spool(box, opened.upload_id, "files")).length).toBe(2);
    const status = await client.reach(opened.upload_id, new Set(["expired"]));
    expect(status.error?.code).toBe("upload_expired");
    const bytes = study.files[0]?.bytes ?? new Uint8Array();
    expect(await problem(await client.chunk(opened, "f0", 0, bytes))).toBe("410 upload_expired");
    expect(await problem(await client.complete(opened))).toBe("410 upload_expired");
    await until("its files to leave", () => readdirSync(spool(box)).length === 0);
    await until("it to say so", async () => (await client.status(opened.upload_id)).files_removed_at !== null);
    expect(readdirSync(spool(box))).toEqual([]);
  });
}, 30_000);

test("P15: so it is however far the sender got", async () => {
  expect(await abandoned(6)).toEqual({ uploads: 6, wrong: 0, left: 0 });
}, 60_000);

test("the files leave the spool with the confirmed receipt", async () => {
  const pacs = await startFakePacs();
  try {
    await withBox(archive(new URL(pacs.url).port), async (box, client) => {
      const status = await client.send(madeStudy(3).files);
      expect(status.state).toBe("delivered");
      expect(JSON.stringify(await client.receipt(status.pacs_receipt_id ?? ""))).toContain('"verified_by":"query"');
      await until("it to say so", async () => (await client.status(status.upload_id)).files_removed_at !== null);
      expect(readdirSync(spool(box))).toEqual([]);
    });
  } finally {
    await pacs.stop();
  }
}, 30_000);

test("failed_hours ends a parked study: failed with the last reason, no file stays", async () => {
  const times = `[retention]\nretry_hours = ${seconds(0.5)}\nfailed_hours = ${seconds(2)}`;
  await withBox(archive(await freePort(), times), async (box, client) => {
    const opened = await forwarding(client, madeStudy(2).files);
    expect((await client.reach(opened.upload_id, new Set(["needs_attention"]))).files_removed_at).toBeNull();
    expect(existsSync(spool(box, opened.upload_id))).toBe(true);
    const status = await client.reach(opened.upload_id, new Set(["failed"]));
    expect(status).toMatchObject({ error: { code: "retry_time_exceeded" }, studies: [{ state: "failed" }] });
    await until("its files to leave", () => readdirSync(spool(box)).length === 0);
    expect(box.events("upload.given_up").length).toBe(1);
  });
}, 30_000);

test("P13: after display_hours neither status nor database holds the patient or the file's name", async () => {
  const pacs = await startFakePacs();
  const times = `[retention]\ndisplay_hours = ${seconds(1)}`;
  try {
    await withBox(archive(new URL(pacs.url).port, times), async (box, client) => {
      const [file] = madeStudy(1).files;
      const named = { name: "SENTINEL-FILE.dcm", bytes: file?.bytes ?? new Uint8Array() };
      const metadata = { patient_name: "SENTINEL-NAME", clinical_notes: "SENTINEL-NOTES" };
      const { upload_id } = await client.send([named], { study_metadata: metadata });
      await until("the name to go", async () => (await client.status(upload_id)).files[0]?.name === null);
      const status = await client.status(upload_id);
      expect(status.studies[0]).toMatchObject({ patient_name: null, patient_id: null, instance_count: 1 });
      for (const sentinel of ["SENTINEL", "Made^Up"]) {
        const holders = () =>
          readdirSync(box.dataDir, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("/bin"))
            .filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(sentinel))
            .map(({ name }) => name);
        await until(`nothing to hold ${sentinel}`, () => holders().length === 0);
        expect(box.lines.filter((line) => line.includes(sentinel))).toEqual([]);
      }
    });
  } finally {
    await pacs.stop();
  }
}, 30_000);

test("at the start: folders nobody knows go, others stay", async () => {
  await withBox(archive(await freePort()), async (box, client) => {
    const opened = await client.upload(madeStudy(1).files);
    await box.kill();
    const orphan = crypto.randomUUID();
    mkdirSync(spool(box, orphan, "files"), { recursive: true });
    writeFileSync(spool(box, orphan, "files", "1"), "left over");
    await box.start();
    expect(readdirSync(spool(box))).toEqual([opened.upload_id]);
    expect(readdirSync(spool(box, opened.upload_id, "files")).length).toBe(1);
  });
}, 30_000);

test("files lost while receiving: the box asks for them again, for all or for the one", async () => {
  const pacs = await startFakePacs();
  try {
    await withBox(archive(new URL(pacs.url).port), async (box, client) => {
      const losses = [
        { lost: (id: string) => spool(box, id), left: 0 },
        { lost: (id: string) => spool(box, id, "files", readdirSync(spool(box, id, "files"))[0] ?? "none"), left: 2 },
      ];
      for (const { lost, left } of losses) {
        const { files } = madeStudy(3);
        const opened = await client.upload(files);
        await box.kill();
        rmSync(lost(opened.upload_id), { recursive: true });
        await box.start();
        const status = await client.status(opened.upload_id);
        expect(status).toMatchObject({ state: "receiving", progress_percent: Math.floor((left * 100) / 3) });
        expect(status.files.filter(({ missing }) => missing.length === 0)).toHaveLength(left);
        for (const [index, { bytes }] of files.entries())
          expect((await client.chunk(opened, `f${index}`, 0, bytes)).status).toBe(200);
        expect((await client.complete(opened)).status).toBe(200);
        await client.reach(opened.upload_id, new Set(["delivered"]));
      }
      expect(pacs.held.size).toBe(6);
    });
  } finally {
    await pacs.stop();
  }
}, 30_000);

test("files lost on the way: failed with files_lost, or partial where the archive has some", async () => {
  const [port, second] = [await freePort(), await freePort()];
  const pacs = await startFakePacs({
    port: second,
    otherwise: { fails: (_, index) => (index === 0 ? 0xa700 : undefined) },
  });
  const toml = `${archive(port)}\n${archive(second).replace('"main"', '"some"')}`;
  try {
    await withBox(toml, async (box, client) => {
      const gone = await forwarding(client, madeStudy(2).files);
      const some = await client.upload(madeStudy(2).files, { study_metadata: { destination_ids: ["some"] } });
      await client.complete(some);
      await until("one of two to be there", async () => {
        const [study] = (await client.status(some.upload_id)).studies;
        return study?.deliveries[0]?.delivered_instances === 1;
      });
      const processing = await client.upload(madeStudy(2).files);
      await box.kill();
      for (const { upload_id } of [gone, some, processing]) rmSync(spool(box, upload_id), { recursive: true });
      await box.start();
      const lost = { error: { code: "files_lost" } };
      expect(await client.reach(gone.upload_id, new Set(["failed"]))).toMatchObject({
        ...lost,
        studies: [{ state: "failed", deliveries: [lost] }],
      });
      expect(await client.reach(some.upload_id, new Set(["partial"]))).toMatchObject({
        ...lost,
        studies: [{ state: "partial", deliveries: [{ state: "partial", delivered_instances: 1 }] }],
      });
      expect((await client.status(processing.upload_id)).uploaded_bytes).toBe(0);
    });
  } finally {
    await pacs.stop();
  }
}, 30_000);
