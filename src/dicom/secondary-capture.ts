import { type FileHandle, open, rm } from "node:fs/promises";
import { catalogueOf, type ErrorCode, type Finding } from "../contract/errors.ts";
import { RelayError } from "../core/errors.ts";
import type { ImageHeader } from "./image-header.ts";
import { jpegPixels } from "./image-jpeg-frame.ts";
import type { JpegHeader } from "./image-jpeg-header.ts";
import type { PngHeader } from "./image-png-header.ts";
import { readPngContents, writePngPixels } from "./image-png-pixels.ts";
import { storedPixels } from "./image-png-samples.ts";
import { captureDataSet, type PictureModule, type SecondaryCaptureContext } from "./secondary-capture-data-set.ts";
import { part10Pieces } from "./write-part10.ts";
import { UnwritableValue } from "./write-values.ts";

/** PS3.4 B.5: Secondary Capture Image Storage; it takes one frame of 8 or 16 bits, gray or colour (PS3.3 A.8.1). */
export const secondaryCaptureStorage = "1.2.840.10008.5.1.4.1.1.7";
const explicitVRLittleEndian = "1.2.840.10008.1.2.1";
const jpegBaseline = "1.2.840.10008.1.2.4.50";

export interface SecondaryCapture {
  readonly transferSyntaxUID: string;
  /** Bytes of the written file. */
  readonly size: number;
  readonly warnings: readonly Finding[];
}

/**
 * Writes a picture as a Secondary Capture Image (PS3.3 A.8.1) to the file `into`, which is removed again where that
 * fails. A baseline JPEG keeps its compressed data; other JPEGs are encoded anew, PNG is stored uncompressed, pixel for
 * pixel. Nothing of the picture's own metadata is taken over.
 * @param header as {@link readImageHeader} gave it for the same file
 * @throws RelayError image_truncated, image_corrupt, image_kind_unsupported, image_too_large, image_identity_unfit
 */
export async function toSecondaryCapture(
  path: string,
  header: ImageHeader,
  context: SecondaryCaptureContext,
  into: string,
): Promise<SecondaryCapture> {
  const target = await open(into, "w", 0o600);
  try {
    const made = await (header.kind === "jpeg"
      ? fromJpeg(path, header, context, target)
      : fromPng(path, header, context, target));
    return { ...made, size: (await target.stat()).size };
  } catch (error) {
    await rm(into, { force: true });
    throw error instanceof UnwritableValue
      ? new RelayError("image_identity_unfit", catalogueOf("image_identity_unfit").cause)
      : error;
  } finally {
    await target.close();
  }
}

type Made = Omit<SecondaryCapture, "size">;

async function fromJpeg(
  path: string,
  header: JpegHeader,
  context: SecondaryCaptureContext,
  target: FileHandle,
): Promise<Made> {
  const pixels = await jpegPixels(path, header);
  const { shortened } = await writeObject(target, jpegBaseline, context, {
    Rows: pixels.height,
    Columns: pixels.width,
    SamplesPerPixel: pixels.samplesPerPixel,
    // PS3.5 8.2.1: in lossy JPEG colour is YBR_FULL_422, however it is sampled: the stream says that itself.
    PhotometricInterpretation: pixels.samplesPerPixel === 1 ? "MONOCHROME2" : "YBR_FULL_422",
    BitsAllocated: 8,
    // PS3.3 C.7.6.1.1.5: a value for each step that lost something.
    LossyImageCompression: "01",
    LossyImageCompressionRatio: pixels.ratios,
    LossyImageCompressionMethod: pixels.ratios.map(() => "ISO_10918_1"),
    DerivationDescription: pixels.reencoded ? "Encoded anew as upright JPEG baseline" : undefined,
    PixelData: { frame: pixels.pieces },
  });
  return {
    transferSyntaxUID: jpegBaseline,
    warnings: warningsOf({ image_reencoded: pixels.reencoded, image_text_shortened: shortened }),
  };
}

async function fromPng(
  path: string,
  header: PngHeader,
  context: SecondaryCaptureContext,
  target: FileHandle,
): Promise<Made> {
  const source = await open(path, "r");
  try {
    const contents = await readPngContents(source, header);
    const { samplesPerPixel, bitsAllocated, bytesPerPixel } = storedPixels(header);
    const length = header.width * header.height * bytesPerPixel;
    const padding = length % 2;
    const reduced = header.bits === 16 && samplesPerPixel === 3;
    const { shortened } = await writeObject(target, explicitVRLittleEndian, context, {
      Rows: header.height,
      Columns: header.width,
      SamplesPerPixel: samplesPerPixel,
      PhotometricInterpretation: samplesPerPixel === 1 ? "MONOCHROME2" : "RGB",
      BitsAllocated: bitsAllocated,
      DerivationDescription: reduced ? "Reduced from 16 to 8 bits per colour" : undefined,
      PixelData: { following: length + padding },
    });
    const { transparent } = await writePngPixels(source, header, contents, (pixels) => writeAll(target, [pixels]));
    // PS3.5 8.1.1: a value has an even length.
    await writeAll(target, [new Uint8Array(padding)]);
    return {
      transferSyntaxUID: explicitVRLittleEndian,
      warnings: warningsOf({
        image_depth_reduced: reduced,
        image_transparency_removed: transparent,
        image_text_shortened: shortened,
      }),
    };
  } finally {
    await source.close();
  }
}

async function writeObject(
  target: FileHandle,
  transferSyntaxUID: string,
  context: SecondaryCaptureContext,
  picture: PictureModule,
): Promise<{ readonly shortened: boolean }> {
  const { dataSet, shortened } = captureDataSet(context, picture);
  const { sopInstanceUID } = context;
  const object = { sopClassUID: secondaryCaptureStorage, sopInstanceUID, transferSyntaxUID, dataSet };
  await writeAll(target, part10Pieces(object));
  return { shortened };
}

/** Small pieces are put together, large ones go out as they are. */
async function writeAll(target: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of gathered(pieces)) {
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await target.write(piece, done, piece.length - done);
      done += bytesWritten;
    }
  }
}

const smallPiece = 65_536;

function* gathered(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece.length < smallPiece) {
      small.push(piece);
      continue;
    }
    yield Buffer.concat(small);
    small = [];
    yield piece;
  }
  yield Buffer.concat(small);
}

const warningsOf = (told: Partial<Record<ErrorCode, boolean>>): Finding[] =>
  (Object.entries(told) as [ErrorCode, boolean][])
    .filter(([, holds]) => holds)
    .map(([code]) => ({ code, severity: "warning", message: catalogueOf(code).cause }));
