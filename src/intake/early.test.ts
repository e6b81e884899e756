import { afterAll, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { madeBytes } from "../../test/support/made-instance.ts";
import type { Config } from "../core/config-schema.ts";
import type { UploadFileRow, UploadRow } from "../db/uploads.ts";
import { inspect } from "../dicom/inspect.ts";
import { createSpool } from "../upload/spool.ts";
import { createEarly, type Early } from "./early.ts";
import { FindingBook } from "./finding-book.ts";
import { receivedFiles } from "./received.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-early-"));
afterAll(() => rmSync(folder, { recursive: true }));
const spool = createSpool(folder, () => 0);
const bytes = madeBytes();
const sha256 = createHash("sha256").update(bytes).digest("hex");
let uploadId: string;
let config: Config;
beforeEach(() => {
  uploadId = crypto.randomUUID();
  spool.create(uploadId);
  config = { intake: { extra_sop_classes: [] } } as unknown as Config;
});

const early = (most?: number) => createEarly({ spool, config: () => config, ...(most === undefined ? {} : { most }) });
const place = (row: number) => spool.path(uploadId, spool.receivedFile(row));
function arrive(into: Early, row: number, content: Uint8Array = bytes, digest: string | undefined = sha256) {
  writeFileSync(place(row), content);
  into.whole({ uploadId, fileRow: row, size: content.length, sha256: digest });
}
async function looked(into: Early): Promise<void> {
  while (into.busy()) await new Promise((resolve) => setImmediate(resolve));
}

test("what was seen of a file is what intake would see; it is handed over once", async () => {
  const cache = early();
  arrive(cache, 1);
  arrive(cache, 2, bytes, undefined);
  arrive(cache, 3, new TextEncoder().encode("no image"), "of text");
  await looked(cache);
  const inspection = await inspect(place(1));
  const seen = { size: bytes.length, sha256, kind: "dicom", inspection };
  expect(inspection.kind).toBe("instance");
  expect([...cache.take(uploadId)]).toEqual([
    [1, seen],
    [2, seen],
    [3, { size: 8, sha256: "of text", kind: "unknown" }],
  ] as never);
  expect(cache.take(uploadId).size).toBe(0);
});

test("a file that has more on disk than it has bytes is not looked at", async () => {
  const cache = early();
  writeFileSync(place(1), Buffer.concat([bytes, bytes]));
  cache.whole({ uploadId, fileRow: 1, size: bytes.length, sha256 });
  await looked(cache);
  expect([...cache.take(uploadId).values()]).toEqual([{ size: bytes.length, sha256 }]);
});

test("another configuration looks again", async () => {
  const cache = early();
  arrive(cache, 1);
  await looked(cache);
  config = { intake: { extra_sop_classes: ["1.2.3"] } } as unknown as Config;
  expect([...cache.take(uploadId).values()]).toEqual([{ size: bytes.length, sha256 }]);
});

test("an upload that is gone, or one too many, is forgotten", async () => {
  const cache = early(2);
  const first = uploadId;
  arrive(cache, 1);
  uploadId = crypto.randomUUID();
  spool.create(uploadId);
  arrive(cache, 1);
  await spool.remove(uploadId);
  arriveNothing(cache, 2);
  await looked(cache);
  expect(cache.take(first).size).toBe(0);
  expect([...cache.take(uploadId).values()]).toEqual([1, 2].map(() => ({ size: bytes.length, sha256 })));
});
const arriveNothing = (into: Early, row: number) => into.whole({ uploadId, fileRow: row, size: bytes.length, sha256 });

test("intake takes what was seen, but not of a file whose bytes on disk are others in number", async () => {
  const cache = early();
  for (const row of [1, 2]) arrive(cache, row);
  await looked(cache);
  writeFileSync(place(2), Buffer.concat([bytes, bytes]));
  const row = (id: number) => ({
    id,
    fileId: `f${id}`,
    name: null,
    sizeBytes: bytes.length,
    receivedBytes: bytes.length,
    state: "needed",
    sha256: null,
  });
  const rows = [1, 2].map(row) as unknown as UploadFileRow[];
  const files = await receivedFiles(
    rows,
    { id: uploadId } as UploadRow,
    spool,
    new FindingBook(),
    cache.take(uploadId),
  );
  expect(files.map(({ kind, sha256: known, inspection }) => [kind, known, inspection?.kind])).toEqual([
    ["dicom", sha256, "instance"],
    [undefined, undefined, undefined],
  ]);
});

test("a digest that was declared is held against what came", async () => {
  const book = new FindingBook();
  const cache = early();
  arrive(cache, 1);
  const declared = { id: 1, fileId: "f", name: "f", sizeBytes: bytes.length, state: "needed", sha256: "0".repeat(64) };
  const rows = [declared] as unknown as UploadFileRow[];
  expect(await receivedFiles(rows, { id: uploadId } as UploadRow, spool, book, cache.take(uploadId))).toEqual([]);
  expect(book.all().map(({ code }) => code)).toEqual(["file_differs"]);
});
