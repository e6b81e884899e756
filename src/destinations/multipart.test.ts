import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutgoingInstance } from "./destination.ts";
import { batchesOf, multipartOf } from "./multipart.ts";

const folder = await mkdtemp(join(tmpdir(), "relaypacs-test-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function instance(text: string, head: string | null = null): Promise<OutgoingInstance> {
  const path = join(folder, crypto.randomUUID());
  await writeFile(path, text);
  return {
    sopInstanceUID: "1.1",
    sopClassUID: "1.2",
    seriesInstanceUID: "1.3",
    studyInstanceUID: "1.4",
    transferSyntaxUID: "1.5",
    path,
    fileSize: text.length,
    dataSetOffset: 4,
    head: head === null ? null : new TextEncoder().encode(head),
    sha256: "",
    sentBefore: false,
  };
}

describe("multipartOf", () => {
  test("exact CRLF, one Content-Type a part, a final --, and the announced length", async () => {
    const body = multipartOf([await instance("meta-one"), await instance("meta-two", "HEAD")], "b");
    const pieces: Uint8Array[] = [];
    for await (const piece of body.pieces()) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const part = "Content-Type: application/dicom\r\n\r\n";
    expect(bytes.toString()).toBe(`--b\r\n${part}meta-one\r\n--b\r\n${part}HEAD-two\r\n--b--\r\n`);
    expect(body.length).toBe(bytes.length);
  });

  test("the boundary is an unquoted token of at most 70 characters, new each time", () => {
    const types = Array.from({ length: 50 }, () => multipartOf([]).contentType);
    expect(new Set(types).size).toBe(50);
    for (const type of types) {
      expect(type).toMatch(/^multipart\/related; type="application\/dicom"; boundary=[A-Za-z0-9-]{20,70}$/);
    }
  });

  test("the body can be sent again", async () => {
    const body = multipartOf([await instance("meta-one")]);
    const read = async () => Buffer.concat(await Array.fromAsync(body.pieces())).toString();
    expect(await read()).toBe(await read());
  });
});

describe("batchesOf", () => {
  test("by count and by bytes, nothing lost, in order", async () => {
    const sizes = [4, 4, 90, 4, 200, 4, 4, 4, 4];
    const all = await Promise.all(sizes.map((size) => instance("x".repeat(size))));
    const batches = [...batchesOf(all, { instances: 3, bytes: 100 })];
    expect(batches.map((batch) => batch.map((one) => one.fileSize))).toEqual([[4, 4, 90], [4], [200], [4, 4, 4], [4]]);
    expect(batches.flat()).toEqual(all);
    expect([...batchesOf([], { instances: 3, bytes: 100 })]).toEqual([]);
  });
});
