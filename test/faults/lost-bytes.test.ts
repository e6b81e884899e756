import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { atRest, type Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

let box: Box;
let sender: Client;
beforeAll(async () => {
  box = await startBox(`[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`);
  sender = await box.client();
});
afterAll(() => box.stop());

const chunkSize = 4096;
const image = (sop: string) => madeBytes({ study: "2.25.7700", sop, pixels: 60_000 });
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const declared = (bytes: Uint8Array, file_id: string) => ({
  file_id,
  name: `${file_id}.dcm`,
  size_bytes: bytes.length,
  sha256: sha256(bytes),
});

test("a restart keeps every acknowledged chunk beside a file that was delivered before", async () => {
  const [known, fresh] = [image("2.25.7700.1"), image("2.25.7700.2")];
  await sender.send([{ name: "known.dcm", bytes: known }]);
  const opened = await sender.init({
    total_files: 2,
    total_size_bytes: known.length + fresh.length,
    chunk_size: chunkSize,
    files: [declared(known, "known"), declared(fresh, "fresh")],
  });
  expect(opened.files.map(({ state }) => state)).toEqual(["already_delivered", "needed"]);
  await sender.chunk(opened, "fresh", 0, fresh.subarray(0, 10 * chunkSize));
  await box.kill();
  await box.start();
  const { files } = await sender.status(opened.upload_id);
  expect(files.map(({ received_bytes }) => received_bytes)).toEqual([known.length, 10 * chunkSize]);
  await sender.chunk(opened, "fresh", 10, fresh.subarray(10 * chunkSize));
  await sender.complete(opened);
  expect((await sender.reach(opened.upload_id, atRest)).state).toBe("delivered");
});

test("a file that came back shorter is asked for again as a whole, never filled with zeros", async () => {
  const bytes = image("2.25.7700.3");
  const chunks = Math.ceil(bytes.length / chunkSize);
  const opened = await sender.init({
    total_files: 1,
    total_size_bytes: bytes.length,
    chunk_size: chunkSize,
    files: [{ file_id: "a", name: "a.dcm", size_bytes: bytes.length }],
  });
  await sender.chunk(opened, "a", 0, bytes.subarray(0, (chunks - 1) * chunkSize));
  await box.kill();
  const [file = ""] = [...new Bun.Glob("spool/*/files/*").scanSync({ cwd: box.dataDir })].filter((path) =>
    path.includes(opened.upload_id),
  );
  truncateSync(join(box.dataDir, file), 8192);
  await box.start();
  expect((await sender.status(opened.upload_id)).files[0]?.missing).toEqual([[0, chunks - 1]]);
  await sender.chunk(opened, "a", 0, bytes);
  await sender.complete(opened);
  expect((await sender.reach(opened.upload_id, atRest)).state).toBe("delivered");
  expect(readFileSync(join(box.dataDir, "received/2.25.7700/2.25.3/2.25.7700.3.dcm"))).toEqual(Buffer.from(bytes));
});

test("clinical notes are gone from the database with the files", async () => {
  const status = await sender.send([{ name: "n.dcm", bytes: image("2.25.7700.4") }], {
    study_metadata: { clinical_notes: "SENTINEL-OF-NOTES" },
  });
  expect(status.state).toBe("delivered");
  const holds = () =>
    ["relaypacs.db", "relaypacs.db-wal"].some((name) =>
      readFileSync(join(box.dataDir, name)).includes("SENTINEL-OF-NOTES"),
    );

  await until("the notes to be gone", () => !holds());
});
