import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sharedData } from "../../test/support/shared-data.ts";
import { inFolder, tryUnpack, usualLimits } from "./archives.fixture.ts";
import { makeZip } from "./make-zip.fixture.ts";
import type { ArchiveKind } from "./sniff.ts";
import { UnpackBudget } from "./unpack.ts";

const SEED = 20_260_101;

/** Mulberry32: the same numbers on every machine. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const EDGES = [0, 1, 0x7f, 0x80, 0xff];
type Below = (below: number) => number;
type Mutation = (bytes: Buffer, below: Below) => Buffer;
/** A change in place. */
const edit =
  (change: (bytes: Buffer, below: Below) => unknown): Mutation =>
  (bytes, below) => {
    change(bytes, below);
    return bytes;
  };
const mutations: readonly Mutation[] = [
  edit((bytes, below) => bytes.writeUInt8(below(256), below(bytes.length))),
  // The fields that matter lie at the end of a ZIP.
  edit((bytes, below) => bytes.writeUInt8(below(256), bytes.length - 1 - below(Math.min(bytes.length, 160)))),
  edit((bytes, below) => bytes.fill(EDGES[below(EDGES.length)] ?? 0, below(bytes.length), below(bytes.length))),
  edit((bytes, below) => bytes.writeUInt32LE(0xffffffff, below(bytes.length - 4))),
  (bytes, below) => bytes.subarray(0, below(bytes.length)),
  (bytes, below) => {
    const at = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))]);
  },
  (bytes, below) => {
    const at = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(at + 1))]);
  },
];

function mutate(original: Buffer, below: Below): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let rounds = 1 + below(3); rounds > 0 && bytes.length > 8; rounds--) {
    bytes = Buffer.from(mutations[below(mutations.length)]?.(bytes, below) ?? bytes);
  }
  return bytes;
}

const limits = { ...usualLimits, maxUnpackedBytes: 8 * 1024 * 1024 };

/** Members or a refusal, never another error, never a file beside the folder, never no answer. */
async function opensOrRefuses(bytes: Buffer, kind: ArchiveKind): Promise<string> {
  return await inFolder(async (folder) => {
    const path = join(folder, "archive");
    writeFileSync(path, bytes);
    return await inFolder(async (into) => {
      const { refused, members } = await tryUnpack({ path, kind }, into, new UnpackBudget(limits, bytes.length));
      expect(readdirSync(folder)).toEqual(["archive"]);
      return refused ?? `${members.length} members`;
    });
  });
}

const content = Buffer.from("0123456789abcdef".repeat(40));
const zips: readonly Buffer[] = [
  makeZip([{ name: "a", data: content }]),
  makeZip([
    { name: "a/b", data: content, stored: true },
    { name: "c/", unixMode: 0o40755 },
    { name: "d", data: "x" },
  ]),
  makeZip(Array.from({ length: 12 }, (_, index) => ({ name: `IM${index}`, data: content.subarray(index) }))),
  makeZip([{ name: "in.zip", data: makeZip([{ name: "a", data: "x" }]), stored: true }], {
    comment: Buffer.from("note"),
  }),
];

describe(`mutated archives, seed ${SEED}`, () => {
  test("300 ZIPs", async () => {
    const below = numbers(SEED);
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++)
      seen.add(await opensOrRefuses(mutate(zips[i % zips.length] ?? content, below), "zip"));
    expect(seen.size).toBeGreaterThan(4);
  });

  if (sharedData !== null) {
    const folder = join(sharedData, "archives");
    const rars = ["rar/rar4-series.rar", "rar/rar5-study.rar", "rar-samples/rar5-solid.rar"];
    test("30 RARs", async () => {
      const below = numbers(SEED);
      for (let i = 0; i < 30; i++) {
        await opensOrRefuses(mutate(readFileSync(join(folder, rars[i % rars.length] ?? "")), below), "rar");
      }
    });
  }
});
