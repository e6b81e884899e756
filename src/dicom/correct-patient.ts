import { open } from "node:fs/promises";
import { FileReader, withFile } from "./byte-reader.ts";
import { walkDataSet } from "./data-set-walk.ts";
import { type NewValues, originalAttributes, patientSplices, type Splice } from "./patient-splice.ts";
import { signedAttributes } from "./signed-attributes.ts";
import { tags } from "./tags.ts";
import { transferSyntaxes } from "./transfer-syntaxes.ts";
import { textBytes } from "./write-values.ts";

/** What of a patient can be corrected, by keyword (PS3.6). */
export const patientVRs = { PatientName: "PN", PatientID: "LO", PatientBirthDate: "DA", PatientSex: "CS" } as const;
export type PatientKeyword = keyof typeof patientVRs;
export type PatientChanges = Readonly<Partial<Record<PatientKeyword, string>>>;

/** A Part 10 object as it would leave. */
export interface Correctable {
  readonly path: string;
  readonly dataSetOffset: number;
  readonly head: Uint8Array | null;
  readonly transferSyntaxUID: string;
}

/** unfit: encodings that are hardly used any more, a character set that has not these characters. signed: somebody vouches for the former values. */
export type CorrectionResult = "done" | "unfit" | "signed";

/**
 * Writes an instance anew with other values of its patient, the former ones in its Original Attributes Sequence. Its UIDs stay:
 * it is the same image of the same person (PS3.3 C.12.1.1.9; PS3.4 B.4.1.3 lets an archive coerce the same fields).
 * Digital signatures that cover nothing of this stay good; one that does is not broken, for there is nobody here to sign anew
 * (PS3.15 A.2, A.3).
 * @param into path of the new file, which must not exist
 * @throws UnwritableValue where a value is none of its VR; Malformed; the error of the operating system
 */
export async function correctPatient(
  from: Correctable,
  changes: PatientChanges,
  into: string,
  at: Date,
): Promise<CorrectionResult> {
  const encoding = transferSyntaxes.get(from.transferSyntaxUID)?.encoding;
  if (encoding !== "explicit-le" && encoding !== "implicit-le") return "unfit";
  const values = encoded(changes, await characterSetOf(from, encoding));
  if (values === null) return "unfit";
  const signed = await signedAttributes(from.path, from.dataSetOffset, encoding);
  if ([...values.keys(), originalAttributes].some((tag) => signed.has(tag))) return "signed";
  const splices = await patientSplices(from.path, from.dataSetOffset, encoding, values, at);
  if (splices === null) return "unfit";
  await spliced(from, splices, into);
  return "done";
}

const characterSetTag = tags.SpecificCharacterSet;

const characterSetOf = (
  { path, dataSetOffset }: Correctable,
  encoding: "explicit-le" | "implicit-le",
): Promise<string> =>
  withFile(path, async (file) => {
    const reader = new FileReader(file);
    await reader.skip(dataSetOffset);
    const { values } = await walkDataSet(reader, encoding, new Set([characterSetTag]), () => false);
    return (values.get(characterSetTag)?.bytes.toString("latin1") ?? "").trim();
  });

/** The values in the object's own character set; null where that has not got their characters. */
function encoded(changes: PatientChanges, characterSet: string): NewValues | null {
  const given = (Object.keys(patientVRs) as PatientKeyword[]).flatMap((keyword) => {
    const value = changes[keyword];
    if (value === undefined) return [];
    textBytes(keyword, [value]); // throws what cannot stand there
    return [[keyword, value] as const];
  });
  const all = given.map(([, value]) => value).join("");
  const highest = Math.max(0, ...[...all].map((char) => char.codePointAt(0) ?? 0));
  const plain = highest < 0x80;
  const nothing = /^(ISO_IR 6|ISO 2022 IR 6)?$/.test(characterSet);
  if (!plain && !nothing && characterSet !== "ISO_IR 192" && !(characterSet === "ISO_IR 100" && highest <= 0xff))
    return null;
  const form = characterSet === "ISO_IR 100" || plain ? "latin1" : "utf8";
  const values = new Map<number, { vr: string; bytes: Uint8Array }>(
    given.map(([keyword, value]) => [tags[keyword], { vr: patientVRs[keyword], bytes: Buffer.from(value, form) }]),
  );
  // PS3.5 6.1.2.2: without a character set all there is is ASCII, and so it is UTF-8 as well.
  if (!plain && nothing) values.set(characterSetTag, { vr: "CS", bytes: Buffer.from("ISO_IR 192") });
  return values;
}

async function spliced(
  { path, head, dataSetOffset }: Correctable,
  splices: readonly Splice[],
  into: string,
): Promise<void> {
  const source = await open(path, "r");
  try {
    const target = await open(into, "wx", 0o600);
    try {
      const { size } = await source.stat();
      if (head !== null) await target.writeFile(head);
      let position = head === null ? 0 : dataSetOffset;
      const piece = Buffer.allocUnsafe(1_048_576);
      const copyTo = async (end: number) => {
        while (position < end) {
          const { bytesRead } = await source.read(piece, 0, Math.min(piece.length, end - position), position);
          if (bytesRead === 0) throw new Error("the file became shorter");
          await target.writeFile(piece.subarray(0, bytesRead));
          position += bytesRead;
        }
      };
      for (const { from, to, bytes } of splices) {
        await copyTo(from);
        await target.writeFile(bytes);
        position = to;
      }
      await copyTo(size);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
