import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { OutgoingInstance } from "../../src/destinations/destination.ts";
import { Reader, readDicom, readMeta } from "../../src/fake-pacs/dicom-header.ts";

export { type DicomFile, readDicom } from "../../src/fake-pacs/dicom-header.ts";

/** A text of the data set's top level in Explicit VR Little Endian, read as UTF-8; null where it is not there. */
export function elementText(bytes: Uint8Array, tag: number): string | null {
  const set = new Reader(dataSetBytes(bytes), false, true);
  let at = 0;
  for (let element = set.element(at); element && element.tag <= tag; element = set.element(at)) {
    if (element.tag === tag)
      return Buffer.from(set.bytes.subarray(element.valueAt, element.valueAt + element.length))
        .toString("utf8")
        .replace(/[\0 ]+$/, "");
    at = set.after(element);
  }
  return null;
}

/** The data set's bytes. */
export const dataSetBytes = (bytes: Uint8Array): Uint8Array => bytes.subarray(readMeta(bytes).dataSetOffset);

/** A file as the product would hand it to a destination. */
export function outgoing(path: string, head: Uint8Array | null = null): OutgoingInstance {
  const bytes = readFileSync(path);
  const file = readDicom(bytes);
  const hash = createHash("sha256");
  if (head !== null) hash.update(head);
  hash.update(head === null ? bytes : bytes.subarray(file.dataSetOffset));
  const { patientID: _, ...named } = file;
  return { ...named, path, fileSize: bytes.length, head, sha256: hash.digest("hex"), sentBefore: false };
}
