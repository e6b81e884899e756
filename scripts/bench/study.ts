import { randomFillSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { madeBytes } from "../../test/support/made-instance.ts";

/** CT slices of 512 x 512, half a megabyte each, with noise in the low twelve bits as scanners have it. */
export interface MadeStudy {
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly studyInstanceUID: string;
}

let serial = 0;
const sliceBytes = 2 * 512 * 512;
const noise = randomFillSync(new Uint8Array(4 << 20));
for (let odd = 1; odd < noise.length; odd += 2) noise[odd] = (noise[odd] ?? 0) & 0x03;

/** Writes the slices into the folder, in four series. */
export function makeStudy(folder: string, slices: number): MadeStudy {
  mkdirSync(folder, { recursive: true });
  serial += 1;
  const studyInstanceUID = `2.25.7${process.pid}${serial}`;
  let bytes = 0;
  const paths = Array.from({ length: slices }, (_, index) => {
    const made = madeBytes({
      study: studyInstanceUID,
      series: `${studyInstanceUID}.${index % 4}`,
      sop: `${studyInstanceUID}.${index % 4}.${index}`,
      pixels: sliceBytes,
      instanceNumber: Math.floor(index / 4) + 1,
    });
    const from = ((index * 7919) % 1000) * 2048;
    made.set(noise.subarray(from, from + sliceBytes), made.length - sliceBytes);
    const path = join(folder, `IM${String(index).padStart(5, "0")}.dcm`);
    writeFileSync(path, made);
    bytes += made.length;
    return path;
  });
  return { paths, bytes, studyInstanceUID };
}
