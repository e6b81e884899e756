import type { Attributes } from "./attributes.ts";
import type { PixelElement } from "./data-set.ts";
import { doubleFloatPixelDataTag, floatPixelDataTag } from "./tags.ts";
import type { TransferSyntax } from "./transfer-syntaxes.ts";

export type PixelFault = { readonly code: "dicom_corrupt" | "pixel_data_length"; readonly message: string };

/** Frames as stated, 1 where absent, null where the value is no positive integer (PS3.3 C.7.6.6.1.1). */
export function frameCount(attributes: Attributes): number | null {
  const text = attributes.text("NumberOfFrames");
  if (text === "") return 1;
  return /^\+?0*[1-9]\d*$/.test(text) ? Number(text) : null;
}

/**
 * Bytes of native pixel data that the image description asks for (PS3.3 C.7.6.3, PS3.5 8.1.1), without the pad byte;
 * null where it does not say.
 */
export function nativePixelLength(attributes: Attributes, pixelTag: number): number | null {
  const rows = attributes.number("Rows");
  const columns = attributes.number("Columns");
  const bits = bitsAllocated(attributes, pixelTag);
  const frames = frameCount(attributes);
  if (rows === null || columns === null || bits === null || frames === null) return null;
  const samples = samplesPerPixel(attributes);
  // PS3.5 8.1.1: pixels of 1 bit are packed over the borders of rows and frames.
  return Math.ceil((rows * columns * samples * frames * bits) / 8);
}

function bitsAllocated(attributes: Attributes, pixelTag: number): number | null {
  if (pixelTag === floatPixelDataTag) return 32;
  if (pixelTag === doubleFloatPixelDataTag) return 64;
  return attributes.number("BitsAllocated");
}

/** Subsampled chrominance in native form: fewer samples are stored for a pixel than Samples per Pixel says (PS3.3 C.7.6.3.1.2). */
const storedSamples: Readonly<Record<string, number>> = {
  YBR_FULL_422: 2,
  YBR_PARTIAL_422: 2,
  YBR_PARTIAL_420: 1.5,
};

const samplesPerPixel = (attributes: Attributes): number =>
  storedSamples[attributes.text("PhotometricInterpretation")] ?? attributes.number("SamplesPerPixel") ?? 1;

/** Native pixel data may be so much longer than the image it belongs to, in bytes, and as long again; writers pad in their own ways. */
const mostPadding = 1_048_576;

/** Holds the pixel data against what the image says of itself; null where it is right or cannot be told. */
export function pixelFault(attributes: Attributes, pixels: PixelElement, syntax: TransferSyntax): PixelFault | null {
  const corrupt = (message: string): PixelFault => ({ code: "dicom_corrupt", message });
  const unfitting = (message: string): PixelFault => ({ code: "pixel_data_length", message });
  if (!attributes.number("Rows") || !attributes.number("Columns"))
    return corrupt("The image says that it has no rows or no columns.");
  if ((pixels.fragments !== null) !== syntax.encapsulated)
    return corrupt("The pixel data is not stored the way the transfer syntax says.");
  if (pixels.fragments === null) {
    const expected = nativePixelLength(attributes, pixels.tag);
    const most = 2 * (expected ?? Number.POSITIVE_INFINITY) + mostPadding;
    if (expected === null || (pixels.length >= expected && pixels.length <= most)) return null;
    return unfitting(`The image needs ${expected} bytes of pixel data and holds ${pixels.length}.`);
  }
  // PS3.5 A.4: a frame is one fragment or more; only video puts many frames into one.
  const needed = syntax.video ? 1 : (frameCount(attributes) ?? 1);
  if (pixels.fragments >= needed && pixels.length > 0) return null;
  return unfitting(`The image needs pixel data for ${needed} frame(s) and holds ${Math.max(pixels.fragments, 0)}.`);
}
