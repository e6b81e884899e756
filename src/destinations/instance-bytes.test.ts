import { afterAll, expect, spyOn, test } from "bun:test";
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutgoingInstance } from "./destination.ts";
import { folder } from "./folder.ts";
import { bytesOf, roomForPieces } from "./instance-bytes.ts";

const root = await mkdtemp(join(tmpdir(), "relaypacs-test-"));
afterAll(() => rm(root, { recursive: true, force: true }));

async function instance(number: number): Promise<OutgoingInstance> {
  const path = join(root, `${number}`);
  const bytes = Buffer.alloc(600_000, `image ${number}`);
  await writeFile(path, bytes);
  return {
    sopInstanceUID: `1.2.3.${number}`,
    sopClassUID: "1.2.4",
    seriesInstanceUID: "1.2.5",
    studyInstanceUID: "1.2.6",
    transferSyntaxUID: "1.2.840.10008.1.2.1",
    path,
    fileSize: bytes.length,
    dataSetOffset: 4,
    head: null,
    sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"),
    sentBefore: false,
  };
}

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<{ bytes: Buffer; buffers: number }> {
  const copies: Buffer[] = [];
  const buffers = new Set<ArrayBufferLike>();
  for await (const piece of pieces) {
    copies.push(Buffer.from(piece));
    buffers.add(piece.buffer);
  }
  return { bytes: Buffer.concat(copies), buffers: buffers.size };
}

test("each piece is its own buffer, or all lie in the room that is given", async () => {
  const one = await instance(1);
  const own = await collected(bytesOf(one));
  const shared = await collected(bytesOf(one, roomForPieces()));
  expect([own.buffers, shared.buffers]).toEqual([3, 1]);
  expect(own.bytes.equals(await Bun.file(one.path).bytes())).toBe(true);
  expect(shared.bytes.equals(own.bytes)).toBe(true);
});

test("a folder takes, and looks at, many images by way of one buffer", async () => {
  const images = [await instance(1), await instance(2), await instance(3)];
  const to = folder({ id: "f", kind: "folder", path: "received" }, { dataDir: root, readSecret: () => "" });
  const handle = await open(root, "r");
  const prototype: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const read = spyOn(prototype, "read");
  const buffers = () => new Set(read.mock.calls.map(([piece]) => (piece as unknown as Uint8Array).buffer)).size;
  try {
    const signal = new AbortController().signal;
    await to.store(images, () => {}, signal);
    expect(buffers()).toBe(1);
    read.mockClear();
    const found = await to.find?.(images, signal);
    expect([...(found?.values() ?? [])]).toEqual([{ same: true }, { same: true }, { same: true }]);
    expect(buffers()).toBe(1);
  } finally {
    read.mockRestore();
  }
});
