import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { madeBytes } from "../support/made-instance.ts";

let serial = 0;

/** Files of one study, written to a folder. Half of their pixels is noise, so that no link makes them small. */
export function noisyStudy(folder: string, files: number, pixels: number): { paths: string[]; uid: string } {
  serial += 1;
  const uid = `2.25.77${process.pid}${serial}`;
  const paths = Array.from({ length: files }, (_, index) => {
    const bytes = Buffer.from(madeBytes({ study: uid, series: `${uid}.1`, pixels }));
    randomBytes(Math.floor(pixels / 2)).copy(bytes, bytes.length - Math.floor(pixels / 2));
    const path = join(folder, `${serial}-${index}.dcm`);
    writeFileSync(path, bytes);
    return path;
  });
  return { paths, uid };
}
