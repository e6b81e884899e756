import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sameDataSet } from "./data-set-compare.ts";
import type { OutgoingInstance } from "./destination.ts";
import { part10DataSetOffset } from "./part10-offset.ts";
import { PieceReader } from "./piece-reader.ts";

const folder = await mkdtemp(join(tmpdir(), "relaypacs-test-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Preamble, DICM, a group length that lies, an OB and a UI of this text. */
function head(syntax: string): Buffer {
  const ui = Buffer.concat([Buffer.from([2, 0, 0x10, 0, 0x55, 0x49, syntax.length, 0]), Buffer.from(syntax)]);
  const version = Buffer.from([2, 0, 1, 0, 0x4f, 0x42, 0, 0, 2, 0, 0, 0, 0, 1]);
  const length = Buffer.from([2, 0, 0, 0, 0x55, 0x4c, 4, 0, 99, 0, 0, 0]);
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), length, version, ui]);
}
const data = Buffer.concat([Buffer.from([8, 0, 5, 0]), Buffer.alloc(300_000, 7)]);

async function instance(): Promise<OutgoingInstance> {
  const own = head("1.2.840.10008.1.2");
  const path = join(folder, crypto.randomUUID());
  await writeFile(path, Buffer.concat([own, data]));
  const uids = {
    sopInstanceUID: "1",
    sopClassUID: "2",
    seriesInstanceUID: "3",
    studyInstanceUID: "4",
    transferSyntaxUID: "5",
  };
  return {
    ...uids,
    path,
    fileSize: own.length + data.length,
    dataSetOffset: own.length,
    head: null,
    sha256: "",
    sentBefore: false,
  };
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe("sameDataSet", () => {
  const theirs = head("1.2.840.10008.1.2.1.99");
  for (const [name, bytes, same] of [
    ["another head before the same data set", Buffer.concat([theirs, data]), true],
    ["one byte less", Buffer.concat([theirs, data.subarray(0, -1)]), false],
    ["one byte more", Buffer.concat([theirs, data, Buffer.alloc(1)]), false],
    ["one other byte", Buffer.concat([theirs, data.subarray(0, -1), Buffer.from([8])]), false],
    ["no Part 10 object", Buffer.from("<html></html>"), false],
    ["nothing", Buffer.alloc(0), false],
  ] as const) {
    test(`${name}: ${same}`, async () => {
      for (const size of [1000, 65_536, 1_000_000]) {
        expect(await sameDataSet(new PieceReader(inPieces(bytes, size)), await instance())).toBe(same);
      }
    });
  }

  test("within a multipart body the delimiter must follow", async () => {
    const body = Buffer.concat([theirs, data, Buffer.from("\r\n--x--\r\n")]);
    const compare = async (end: string) => sameDataSet(new PieceReader(inPieces(body, 777)), await instance(), end);
    expect(await compare("\r\n--x")).toBe(true);
    expect(await compare("\r\n--y")).toBe(false);
  });
});

test("part10DataSetOffset walks the group instead of trusting its length, and stays within the bytes", () => {
  const bytes = Buffer.concat([head("1.2.840.10008.1.2"), data]);
  expect(part10DataSetOffset(bytes)).toBe(bytes.length - data.length);
  for (let cut = 0; cut < 180; cut++) {
    const offset = part10DataSetOffset(bytes.subarray(0, cut));
    expect(offset === null || offset <= cut).toBe(true);
  }
});
