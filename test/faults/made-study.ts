import type { SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

/** A study made for a test; `bySop` gives the bytes that must arrive. */
export interface MadeStudy {
  readonly uid: string;
  readonly files: readonly SendFile[];
  readonly bySop: ReadonlyMap<string, Uint8Array>;
}

let serial = 0;

/** @param pixels bytes of Pixel Data of each instance, about; no two instances hold the same. */
export function madeStudy(instances: number, pixels = 128): MadeStudy {
  serial += 1;
  const uid = `2.25.7${process.pid}${serial}`;
  const bySop = new Map<string, Uint8Array>();
  for (let n = 1; n <= instances; n++) {
    const sop = `${uid}.${n}`;
    bySop.set(sop, madeBytes({ study: uid, series: `${uid}.0`, sop, pixels, fill: n % 256 }));
  }
  return { uid, bySop, files: [...bySop.values()].map((bytes, index) => ({ name: `IM${index}.dcm`, bytes })) };
}
