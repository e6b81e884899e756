import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedData } from "../../test/support/shared-data.ts";
import { inspect } from "./inspect.ts";
import { description, element, endOfSequence, head, identity, item, openItem, undefinedLength } from "./made-bytes.ts";

const seed = 20261121;
const rounds = 500;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-fuzz-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Mulberry32: the same numbers on every machine. */
function randomNumbers(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const made = Buffer.concat([
  head(),
  identity,
  element(0x00181012, "SQ", "", undefinedLength),
  openItem,
  element(0x00181000, "LO", "X"),
  endOfSequence,
  description(4, 4),
  element(0x7fe00010, "OB", "", undefinedLength),
  item(Buffer.alloc(32)),
  endOfSequence,
]);

const sources: readonly (() => Buffer)[] =
  sharedData === null
    ? [() => made]
    : [
        "dicom/single/ct-explicit-le.dcm",
        "dicom/single/rtplan.dcm",
        "dicom/single/ct-ts-deflated.dcm",
        "dicom/single/us-multiframe-30f.dcm",
        "dicom/charset/chrH32.dcm",
      ].map((name) => () => readFileSync(join(sharedData ?? "", name)));

const lengths = [0, 1, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff];

/** One to four changes: a byte, a length field, a cut, a piece moved, a piece said twice. Most fall into the header. */
function mutated(source: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(source);
  const place = (): number => random(random(4) === 0 ? bytes.length : Math.min(bytes.length, 4096));
  const changes: readonly (() => void)[] = [
    () => void bytes.writeUInt8(random(256), place()),
    () => void bytes.writeUInt32LE(lengths[random(lengths.length)] ?? 0, Math.min(place(), bytes.length - 4)),
    () => {
      bytes = bytes.subarray(0, Math.max(8, place()));
    },
    () => void bytes.copyWithin(place(), place(), place()),
    () => {
      const at = place();
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - random(64)))]);
    },
  ];
  for (let count = 1 + random(4); count > 0; count--) changes[random(changes.length)]?.();
  return bytes;
}

test(`${rounds} broken files per source, seed ${seed}: every one gets an answer`, async () => {
  const random = randomNumbers(seed);
  const path = join(folder, "mutated.dcm");
  const kinds = new Set<string>();
  for (const source of sources) {
    const original = source();
    for (let round = 0; round < rounds / sources.length; round++) {
      writeFileSync(path, mutated(original, random));
      const inspection = await inspect(path);
      kinds.add(inspection.kind);
      if (inspection.kind === "refused") expect(inspection.message).toMatch(/^[A-Z][ -~]+\.$/);
    }
  }
  expect([...kinds].sort()).toContain("refused");
}, 60_000);
