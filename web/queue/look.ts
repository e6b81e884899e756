import type { Found } from "./grouping.ts";
import { readHeader } from "./header.ts";
import { isVolumeName, kindOf } from "./kind.ts";
import type { PeekProgress } from "./zip-peek.ts";

/** Nearly every header ends within the first; private sequences can push it further. */
const fronts = [65_536, 1_048_576, 16_777_216] as const;

/** Looks at one chosen file and reads no more of it than it must. @param inside told of a ZIP's entries as they are read */
export async function look(index: number, name: string, file: Blob, inside?: PeekProgress): Promise<Found> {
  try {
    const first = await bytesOf(file, fronts[0]);
    const kind = kindOf(name, first.subarray(0, 512));
    if (kind === "dicom") return await image(index, file, first);
    if (kind === "zip") return await zip(index, file, inside);
    if (kind === "archive" || (kind === "clutter" && isVolumeName(name)))
      return { kind: "archive", index, headers: [], leftOut: 0, empty: false };
    return { kind, index };
  } catch {
    return { kind: "unreadable", index }; // gone, or on a disc that has a scratch
  }
}

const bytesOf = async (file: Blob, length: number) => new Uint8Array(await file.slice(0, length).arrayBuffer());

async function image(index: number, file: Blob, first: Uint8Array<ArrayBuffer>): Promise<Found> {
  for (const length of fronts) {
    const bytes = length === fronts[0] ? first : await bytesOf(file, length);
    const read = await readHeader(bytes, bytes.length >= file.size);
    if (read.kind === "header") return { kind: "dicom", index, header: read.header };
    if (read.kind === "dicomdir") return { kind: "clutter", index };
    if (read.kind === "broken") break;
  }
  return { kind: "unreadable", index };
}

/** The reader of ZIPs is loaded when the first ZIP comes. What it cannot read, the box may. */
async function zip(index: number, file: Blob, inside: PeekProgress | undefined): Promise<Found> {
  try {
    const { peekZip } = await import("./zip-peek.ts");
    const peeked = await peekZip(file, inside);
    return peeked.kind === "locked" ? { kind: "locked", index } : { ...peeked, index };
  } catch {
    return { kind: "archive", index, headers: [], leftOut: 0, empty: false };
  }
}
