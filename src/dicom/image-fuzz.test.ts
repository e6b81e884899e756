import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { RelayError } from "../core/errors.ts";
import { readImageHeader } from "./image-header.ts";
import { exif, inFolder, madeContext, madeJpeg, madePng, withSegment } from "./image-made.ts";
import { inspect } from "./inspect.ts";
import { toSecondaryCapture } from "./secondary-capture.ts";

setDefaultTimeout(120_000);
const seed = 20261121;
/** RELIABILITY asks for more; `rounds` is what fits a unit test. */
const rounds = 500;

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

const png = { width: 40, height: 30, sample: (x: number, y: number) => (x * y) & 15 } as const;
const sources = [
  await madeJpeg(64, 48),
  await madeJpeg(64, 48, { progressive: true }),
  withSegment(await madeJpeg(64, 48), 0xe1, exif(6)),
  madePng({ ...png, bits: 8, type: 6 }),
  madePng({ ...png, bits: 16, type: 0, filters: [0, 1, 2, 3, 4] }),
  madePng({ ...png, bits: 8, type: 2, interlaced: true }),
];

/** One to four changes: a byte, a bit, a length, a cut, a piece lost, a piece said twice. */
function mutated(source: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(source);
  const place = (): number => random(random(2) === 0 ? bytes.length : Math.min(bytes.length, 300));
  const changes: readonly (() => void)[] = [
    () => void bytes.writeUInt8(random(256), place()),
    () => {
      const at = place();
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
    },
    () => void bytes.writeUInt16BE([0, 1, 2, 0x7fff, 0xffff][random(5)] ?? 0, Math.min(place(), bytes.length - 2)),
    () => {
      bytes = Buffer.from(bytes.subarray(0, Math.max(8, random(bytes.length))));
    },
    () => {
      const at = place();
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(64))]);
    },
    () => {
      const at = place();
      bytes = Buffer.concat([bytes.subarray(0, at + random(64)), bytes.subarray(at)]);
    },
  ];
  for (let count = 1 + random(4); count > 0 && bytes.length > 16; count--) changes[random(changes.length)]?.();
  return bytes;
}

test(`${rounds} spoiled pictures: a refusal with a code, or a sound object`, async () => {
  const random = randomNumbers(seed);
  const outcomes: Record<string, number> = {};
  await inFolder(async (folder) => {
    const [from, into] = [join(folder, "picture"), join(folder, "made.dcm")];
    for (let round = 0; round < rounds; round++) {
      await Bun.write(from, mutated(sources[round % sources.length] ?? Buffer.alloc(0), random));
      const outcome = await readImageHeader(from)
        .then((header) => toSecondaryCapture(from, header, madeContext, into))
        .then(
          async () => {
            const found = await inspect(into);
            return found.kind === "instance" && found.warnings.length === 0 ? "made" : `unsound in round ${round}`;
          },
          (error) => (error instanceof RelayError ? error.code : `${error} in round ${round}`),
        );
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  });
  const known = new Set(["made", "image_corrupt", "image_truncated", "image_kind_unsupported", "image_too_large"]);
  expect(Object.keys(outcomes).filter((outcome) => !known.has(outcome))).toEqual([]);
  for (const outcome of ["made", "image_corrupt", "image_truncated"]) expect(outcomes[outcome]).toBeGreaterThan(20);
  expect(process.memoryUsage.rss()).toBeLessThan(700_000_000);
});
