import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { readDicomdir } from "../../src/dicom/dicomdir.ts";
import { dicomdir, image, record, series, study } from "../../src/dicom/dicomdir-made.ts";
import { inspect } from "../../src/dicom/inspect.ts";
import {
  description,
  element,
  endOfItem,
  endOfSequence,
  head,
  implicitElement,
  item,
  openItem,
  secondaryCapture,
  undefinedLength,
} from "../../src/dicom/made-bytes.ts";
import { sharedData } from "../support/shared-data.ts";
import { type Corpus, checkTold, type Pick, sentinel } from "./corpus.ts";
import { mutated } from "./mutate.ts";

/** A file as the pieces its elements are, so that a change can keep to their borders. */
type Pieces = readonly Buffer[];

const sets = ["", "ISO_IR 100", "ISO_IR 192", "\\ISO 2022 IR 87", "ISO 2022 IR 149\\ISO 2022 IR 58", "GB18030", "GBK"];
const characterSet = (name: string): Buffer => element(0x00080005, "CS", name);
const shared = [
  characterSet("ISO_IR 100"),
  element(0x00080016, "UI", secondaryCapture),
  element(0x00080018, "UI", "1.2.3.4"),
  element(0x00080020, "DA", "20260101"),
  element(0x00080060, "CS", "OT"),
  element(0x00100010, "PN", `${sentinel}^M\xfcller=\x1b$B;3ED\x1b(B=`),
  element(0x00100020, "LO", sentinel),
];
const nested = [
  element(0x00181012, "SQ", "", undefinedLength),
  openItem,
  element(0x00081140, "SQ", item(element(0x00081150, "UI", "1.2"), element(0x00081155, "UI", "1.2.3"))),
  element(0x00091010, "UN", "", undefinedLength),
  openItem,
  implicitElement(0x00091011, "x"),
  endOfItem,
  endOfSequence,
  endOfItem,
  endOfSequence,
];
const rest = [element(0x0020000d, "UI", "1.2.3"), element(0x0020000e, "UI", "1.2.3.1"), description(4, 4)];
const nativePixels = [element(0x7fe00010, "OW", new Uint8Array(32))];
const framedPixels = [
  element(0x7fe00010, "OB", "", undefinedLength),
  item(Buffer.alloc(4)),
  item(Buffer.alloc(32)),
  endOfSequence,
];
const explicit = [...shared, ...nested, ...rest];
const madeSources: readonly Pieces[] = [
  [head(), ...explicit, ...nativePixels],
  [head("1.2.840.10008.1.2.4.50"), ...explicit, ...framedPixels],
  [head("1.2.840.10008.1.2.1.99"), deflateRawSync(Buffer.concat([...explicit, ...nativePixels]))],
  [head("1.2.840.10008.1.2"), ...["1.2.3.4", "1.2"].map((uid) => implicitElement(0x00080018, uid))],
  explicit,
];
const realNames = [
  "dicom/single/ct-explicit-le.dcm",
  "dicom/single/rtplan.dcm",
  "dicom/single/ct-ts-deflated.dcm",
  "dicom/single/us-multiframe-30f.dcm",
  "dicom/charset/chrH32.dcm",
];

const disc = dicomdir([record("PATIENT", null, 1), study(null, 2), series(null, 3), image("1.5", 4), image("1.6")]);
const openDisc = dicomdir([study(null, 1), series(null, 2), image("1.5")], true);

const vrs = ["AE", "SQ", "UN", "OB", "OW", "PN", "UI", "UC", "US", "ZZ", "\0\0", "oB"];
const lengths = [0, 1, 2, 0x7f, 0xffff, 0x7ffffffe, 0xfffffffe, 0xffffffff];

/** Changes of whole elements. */
const shapes: readonly ((pieces: Buffer[], pick: Pick) => Buffer[])[] = [
  // Cut behind an element, and inside one.
  (pieces, pick) => pieces.slice(0, 1 + pick.below(pieces.length)),
  (pieces, pick) => {
    const at = pick.below(pieces.length);
    return [...pieces.slice(0, at), (pieces[at] as Buffer).subarray(0, pick.below(12))];
  },
  // Twice, gone, in another place.
  (pieces, pick) => pieces.toSpliced(pick.below(pieces.length), 0, pick.of(pieces)),
  (pieces, pick) => pieces.toSpliced(pick.below(pieces.length), 1),
  (pieces, pick) => pieces.toSpliced(pick.below(pieces.length), 1, pick.of(pieces)),
  // Another VR, another length.
  (pieces, pick) => patched(pieces, pick, (bytes) => bytes.write(pick.of(vrs), 4, "latin1")),
  (pieces, pick) => patched(pieces, pick, (bytes) => bytes.writeUInt16LE(pick.of(lengths) & 0xffff, 6)),
  (pieces, pick) => patched(pieces, pick, (bytes) => bytes.length >= 12 && bytes.writeUInt32LE(pick.of(lengths), 8)),
  // Nested, to one level more than is taken and far beyond.
  (pieces, pick) => {
    const depth = pick.of([1, 5, 31, 32, 33, 200]);
    const open = Array.from({ length: depth }, () => [nested[0] as Buffer, openItem]).flat();
    const close = pick.chance(0.5) ? Array.from({ length: depth }, () => [endOfItem, endOfSequence]).flat() : [];
    return pieces.toSpliced(1 + pick.below(pieces.length), 0, ...open, ...close);
  },
  // Another character set, whether or not the text is in it; long runs of what is trimmed.
  (pieces, pick) => pieces.toSpliced(1, 1, characterSet(pick.of(sets))),
  (pieces, pick) => {
    const filler = Buffer.alloc(pick.of([64, 1000, 9000]), pick.of([" ", "=", "\\", "\x1b", "\0", "9", "^"]));
    const [tag, vr] = pick.of([
      [0x00100010, "PN"],
      [0x00100020, "LO"],
      [0x0020000d, "UI"],
      [0x00080020, "DA"],
    ] as const);
    return pieces.toSpliced(
      1 + pick.below(pieces.length),
      0,
      element(tag, vr, Buffer.concat([filler, Buffer.from("x ")])),
    );
  },
];

function patched(pieces: Buffer[], pick: Pick, change: (bytes: Buffer) => unknown): Buffer[] {
  const at = pick.below(pieces.length);
  const bytes = Buffer.from(pieces[at] as Buffer);
  if (bytes.length >= 8) change(bytes);
  return pieces.with(at, bytes);
}

/** One spoilt file. @param real beside the made ones, where there are any */
export function badFile(real: readonly Pieces[], pick: Pick): Buffer {
  const pieces = pick.of(pick.chance(0.6) ? madeSources : [...real, ...madeSources]);
  let changed = [...pieces];
  for (let left = pick.below(4); left > 0 && changed.length > 2; left--) changed = pick.of(shapes)(changed, pick);
  const bytes = Buffer.concat(changed);
  if (pieces !== changed && pick.chance(0.5)) return bytes;
  return bytes.length < 16 ? bytes : mutated(bytes, pick, (length) => pick.below(Math.min(length, 4096)));
}

/** @throws where the answer is none that the product may give */
export async function checkHeader(path: string): Promise<void> {
  const inspection = await inspect(path);
  if (inspection.kind === "refused") checkTold(inspection.code, inspection.message);
  if (inspection.kind !== "instance") return;
  for (const { code, message } of inspection.warnings) checkTold(code, message);
  const { head: written, warnings, ...fields } = inspection;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string" && /\p{Cc}/u.test(value)) throw new Error(`${name} holds control characters`);
    if (name.endsWith("UID") && !/^\d+(\.\d+)*$/.test(String(value))) throw new Error(`${name} is no UID`);
  }
  if (written !== null && written.length > 65_536) throw new Error("the new head is too long");
}

export const dicomHeaders: Corpus = {
  name: "DICOM headers",
  full: 100_000,
  short: 10_000,
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "relaypacs-corpus-"));
    const path = join(folder, "bad.dcm");
    const data = sharedData;
    const real = data === null ? [] : realNames.map((name) => [readFileSync(join(data, name)).subarray(0, 65_536)]);
    return {
      async one(pick) {
        if (pick.chance(0.1)) {
          writeFileSync(path, mutated(pick.of([disc, openDisc]), pick));
          await readDicomdir(path);
        } else {
          writeFileSync(path, badFile(real, pick));
        }
        await checkHeader(path);
      },
      async close() {
        rmSync(folder, { recursive: true });
        return "";
      },
    };
  },
};
