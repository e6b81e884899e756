import type { ErrorCode } from "../contract/errors.ts";
import { giveTurn } from "../core/turn.ts";
import { Attributes } from "./attributes.ts";
import { FileReader, type OpenFile, readInto, withFile } from "./byte-reader.ts";
import type { DataSet, RawValue } from "./data-set.ts";
import { walkDataSet } from "./data-set-walk.ts";
import { corrupt, cutShort, Malformed } from "./element.ts";
import { type FileMeta, readFileMeta } from "./file-meta.ts";
import { InflateReader } from "./inflate-reader.ts";
import type { Inspection } from "./inspection.ts";
import { isForeignPreamble, layoutBytes, layoutOf } from "./part10.ts";
import { nativePixelLength } from "./pixel-check.ts";
import { mediaStorageDirectory } from "./sop-classes.ts";
import { pixelDataTag, wantedTags } from "./tags.ts";
import { type TransferSyntax, transferSyntaxes } from "./transfer-syntaxes.ts";
import { type FoundInstance, type InspectOptions, validate } from "./validate.ts";

/** Bytes of a file's own preamble and meta that are worth keeping; longer ones are written anew. */
const maxKeptHead = 65_536;

/**
 * Reads a file's header and tells whether it is DICOM that can go to an archive (CONTRACT §4.1 and §4.3). Walks to the end
 * of the file without loading pixel data: time and memory do not depend on its size.
 * Bad content never throws.
 * @throws the error of the operating system where the file cannot be read
 */
export async function inspect(path: string, options: InspectOptions = {}): Promise<Inspection> {
  await giveTurn(); // a small file is read without waiting
  try {
    return await withFile(path, async (file) => {
      const reader = new FileReader(file);
      try {
        return await inspectOpen(file, reader, path, options);
      } finally {
        reader.release();
      }
    });
  } catch (error) {
    if (error instanceof Malformed) return refused(error.code, error.message);
    throw error;
  }
}

async function inspectOpen(
  file: OpenFile,
  reader: FileReader,
  path: string,
  options: InspectOptions,
): Promise<Inspection> {
  await reader.need(layoutBytes);
  const start = reader.chars.subarray(0, Math.min(reader.available, layoutBytes));
  const layout = layoutOf(start, file.size);
  const foreignPreamble = isForeignPreamble(start);
  switch (layout.kind) {
    case "truncated":
      throw cutShort("inside its header");
    case "corrupt":
      throw corrupt("behind its header comes something else");
    case "dicomdir":
    case "not_dicom":
      return { kind: layout.kind };
    case "bare": {
      await reader.skip(layout.offset);
      const walked = await walk(reader, path, layout.transferSyntaxUID);
      if (walked === null) throw corrupt("it cannot be told how it is written");
      return validate({ ...walked, meta: null, dataSetOffset: layout.offset, ownHead: null, foreignPreamble }, options);
    }
    case "part10": {
      await reader.skip(layout.metaOffset);
      const meta = await readFileMeta(reader);
      if (meta.mediaStorageSOPClassUID === mediaStorageDirectory) return { kind: "dicomdir" };
      const walked = await walkBehind(reader, path, meta);
      if (walked === null)
        return refused("transfer_syntax_unknown", "The image is encoded in a way that DICOM does not define.");
      const ownHead = foreignPreamble && layout.preamble ? await zeroedHead(file, meta.end) : null;
      const regular = meta.regular && layout.preamble;
      const found = { ...walked, meta: { ...meta, regular }, dataSetOffset: meta.end, ownHead, foreignPreamble };
      return validate(found, options);
    }
  }
}

type Walked = Pick<FoundInstance, "attributes" | "dataSet" | "syntax" | "transferSyntaxUID">;

/** Where the meta names no transfer syntax, the content must tell it. */
async function walkBehind(reader: FileReader, path: string, meta: FileMeta): Promise<Walked | null> {
  if (meta.transferSyntaxUID !== "") return walk(reader, path, meta.transferSyntaxUID);
  await reader.need(16);
  const layout = layoutOf(
    reader.bytes.slice(reader.start, reader.start + Math.min(reader.available, 16)),
    reader.size - meta.end,
  );
  if (layout.kind !== "bare") throw corrupt("its header does not say how it is written");
  return walk(reader, path, layout.transferSyntaxUID);
}

async function walk(reader: FileReader, path: string, transferSyntaxUID: string): Promise<Walked | null> {
  const syntax = transferSyntaxes.get(transferSyntaxUID);
  if (syntax === undefined) return null;
  const dataSet = await walkAs(reader, path, syntax);
  return { attributes: new Attributes(dataSet.values), dataSet, syntax, transferSyntaxUID };
}

async function walkAs(file: FileReader, path: string, syntax: TransferSyntax): Promise<DataSet> {
  if (syntax.encoding !== "deflated") return walkDataSet(file, syntax.encoding, wantedTags, () => true);
  const inflated = new InflateReader(path, file.position);
  // What is packed is only opened as far as the image description accounts for it.
  const accountedFor = (values: ReadonlyMap<number, RawValue>, length: number): boolean => {
    const expected = nativePixelLength(new Attributes(values), pixelDataTag);
    // PS3.5 8.1.1: one byte may pad the pixels to an even length.
    if (expected !== null && length - expected <= 1) inflated.allow(length);
    return expected === null || length >= expected;
  };
  try {
    return await walkDataSet(inflated, "explicit-le", wantedTags, accountedFor);
  } finally {
    inflated.close();
  }
}

/** The file's own preamble, zeroed, DICM and meta; null where that is too long to be kept. */
async function zeroedHead(file: OpenFile, end: number): Promise<Uint8Array | null> {
  if (end > maxKeptHead) return null;
  const head = new Uint8Array(end);
  await readInto(file, head, 128, end - 128, 128);
  return head;
}

const refused = (code: ErrorCode, message: string): Inspection => ({ kind: "refused", code, message });
