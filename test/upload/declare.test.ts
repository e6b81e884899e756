import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Box, startBox } from "../support/box.ts";
import type { Client, Opened } from "../support/client.ts";
import { digestOf, oneFile, pattern, problemOf, put, undeclared } from "./api.ts";

const K = 4096;
let box: Box;
let client: Client;
beforeAll(async () => {
  box = await startBox("[limits]\nmax_open_uploads_per_user = 1000\nmax_file_bytes = 100000000");
  client = await box.client("clinician");
});
afterAll(() => box.stop());

const missing = async (opened: Opened) => (await client.status(opened.upload_id)).files[0]?.missing;
const part = (bytes: Uint8Array, first: number, count = 1) => bytes.subarray(first * K, (first + count) * K);
const at = (index: number | string, more: Record<string, string | number> = {}) => ({
  file_id: "a",
  chunk_index: index,
  ...more,
});

describe("files that only their chunks declare", () => {
  test("name and size may stand in any chunk's query; status tells them", async () => {
    const opened = await client.init(undeclared(2, 3 * K + 10));
    expect(opened.files).toEqual([]);
    const bytes = pattern(2 * K + 10);
    await put(box, opened, at(1), part(bytes, 1));
    await put(box, opened, at(0, { name: "dir/A 1.dcm" }), part(bytes, 0));
    expect((await client.status(opened.upload_id)).files).toMatchObject([{ name: "dir/A 1.dcm", missing: [] }]);
    await put(box, opened, { file_id: "b", chunk_index: 0, size_bytes: K }, pattern(K));
    expect((await put(box, opened, at(2, { size_bytes: bytes.length }), part(bytes, 2))).status).toBe(200);
    expect(await client.status(opened.upload_id)).toMatchObject({
      progress_percent: 100,
      files: [
        { file_id: "a", name: "dir/A 1.dcm", received_bytes: bytes.length, missing: [] },
        { file_id: "b", name: null, received_bytes: K, missing: [] },
      ],
    });
    expect((await client.complete(opened)).status).toBe(200);
  });

  test("without any size the contiguous chunks say it, and they must agree with the totals", async () => {
    const opened = await client.init(undeclared(1, 2 * K));
    await put(box, opened, at(1), pattern(K));
    const gap = await problemOf(await client.complete(opened), 409, "upload_incomplete");
    expect(gap.missing).toEqual([{ file_id: "a", missing: [[0, 0]] }]);
    await put(box, opened, at(0), pattern(K));
    expect((await client.complete(opened)).status).toBe(200);

    const less = await client.init(undeclared(1, 3 * K));
    await put(box, less, at(0), pattern(2 * K));
    await problemOf(await client.complete(less), 422, "totals_mismatch");
    const fewer = await client.init(undeclared(2, K));
    await put(box, fewer, at(0), pattern(K));
    await problemOf(await client.complete(fewer), 422, "totals_mismatch");
    expect((await client.status(fewer.upload_id)).state).toBe("receiving");
  });

  test("a short chunk is the last one: nothing may lie behind it, before or after", async () => {
    const opened = await client.init(undeclared(1, 10 * K));
    await put(box, opened, at(5), pattern(K));
    await problemOf(await put(box, opened, at(2), pattern(10)), 400, "chunk_out_of_range");
    expect((await put(box, opened, at(6), pattern(10))).status).toBe(200);
    await problemOf(await put(box, opened, at(7), pattern(K)), 400, "chunk_out_of_range");
    await problemOf(await put(box, opened, at(6), pattern(11)), 400, "chunk_out_of_range");
    await problemOf(await put(box, opened, at(0, { size_bytes: K }), pattern(K)), 422, "totals_mismatch");
    expect(await missing(opened)).toEqual([[0, 4]]);
  });

  test("more files or bytes than the totals, or a size beyond them, are refused", async () => {
    const opened = await client.init(undeclared(2, 3 * K));
    await problemOf(await put(box, opened, at(0, { size_bytes: 3 * K + 1 }), pattern(K)), 422, "totals_mismatch");
    await problemOf(await put(box, opened, at(0, { size_bytes: 200_000_000 }), pattern(K)), 413, "file_too_large");
    await problemOf(await put(box, opened, at(3), pattern(K)), 400, "chunk_out_of_range");
    await problemOf(await put(box, opened, at(0), pattern(4 * K)), 400, "chunk_out_of_range");
    expect((await client.status(opened.upload_id)).files).toEqual([]);
    for (const file_id of ["a", "b"]) await put(box, opened, { file_id, chunk_index: 0 }, pattern(K));
    await problemOf(await put(box, opened, { file_id: "c", chunk_index: 0 }, pattern(K)), 422, "totals_mismatch");
    // Each would fit alone, together they do not.
    expect((await put(box, opened, at(1), pattern(K))).status).toBe(200);
    await problemOf(await put(box, opened, { file_id: "b", chunk_index: 1 }, pattern(K)), 422, "totals_mismatch");
    expect((await client.complete(opened)).status).toBe(200);
  });

  test("of a refused request nothing is kept, neither size nor name nor the file", async () => {
    const opened = await client.init(undeclared(1, K + 10));
    const wrong = { "content-md5": digestOf("md5", pattern(1)) };
    await problemOf(
      await put(box, opened, { file_id: "typo", chunk_index: 0 }, pattern(K), wrong),
      400,
      "digest_mismatch",
    );
    await problemOf(await put(box, opened, at(0, { size_bytes: 5, name: "x" }), pattern(6)), 400, "chunk_out_of_range");
    expect((await client.status(opened.upload_id)).files).toEqual([]);
    const bytes = pattern(K + 10);
    expect((await put(box, opened, at(0, { size_bytes: K + 10, name: "y" }), bytes)).status).toBe(200);
    expect((await client.status(opened.upload_id)).files).toMatchObject([{ file_id: "a", name: "y", missing: [] }]);
    expect((await client.complete(opened)).status).toBe(200);
  });

  test.each(["../x", "a\nb", "\u202ex", "x".repeat(129), "ä/..", "\u0000"])(
    "a file_id that no name may be is refused, since it is shown where there is no name: %p",
    async (file_id) => {
      const opened = await client.init(undeclared(1, K));
      await problemOf(await put(box, opened, { file_id, chunk_index: 0 }, pattern(K)), 422, "invalid_request");
      expect((await client.status(opened.upload_id)).files).toEqual([]);
    },
  );

  test("an empty file is declared by an empty chunk", async () => {
    const opened = await client.init(undeclared(2, K));
    await put(box, opened, at(0), pattern(K));
    const empty = await put(box, opened, { file_id: "e", chunk_index: 0, size_bytes: 0, name: "empty" }, null);
    expect(await empty.json()).toEqual({ file_id: "e", received_chunk_index: 0 });
    expect((await client.complete(opened)).status).toBe(200);
  });
});

test("a declared empty file needs no chunk", async () => {
  const opened = await client.init(oneFile(0));
  expect(await client.status(opened.upload_id)).toMatchObject({ progress_percent: 100, files: [{ missing: [] }] });
  expect((await client.complete(opened)).status).toBe(200);
  expect((await client.reach(opened.upload_id, new Set(["failed"]))).error?.code).toBe("nothing_to_send");
});

test("the box met no error of its own", () => {
  expect(box.events("http.failed")).toEqual([]);
});
