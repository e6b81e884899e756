import type { FileHandle } from "node:fs/promises";
import { exifOrientation, type Orientation } from "./image-exif.ts";
import { corruptImage, cutShortImage, pieceOf } from "./image-file.ts";

/** How the pixels are coded (ISO/IEC 10918-1 table B.1). */
export type JpegProcess = "baseline" | "extended" | "progressive" | "lossless" | "hierarchical" | "arithmetic";
export type JpegColour = "gray" | "ycbcr" | "rgb" | "cmyk" | "ycck" | "unknown";

export interface JpegHeader {
  readonly kind: "jpeg";
  readonly width: number;
  readonly height: number;
  /** A sample's precision. */
  readonly bits: number;
  readonly components: number;
  readonly process: JpegProcess;
  readonly colour: JpegColour;
  /** Some component has fewer samples than there are pixels. */
  readonly subsampled: boolean;
  readonly orientation: Orientation;
  /** Of Adobe's APP14 segment; null where there is none. */
  readonly adobeTransform: number | null;
}

/** Start of frame markers; C4, C8 and CC are others. */
const processes: Readonly<Record<number, JpegProcess>> = {
  192: "baseline",
  193: "extended",
  194: "progressive",
  195: "lossless",
  197: "hierarchical",
  198: "hierarchical",
  199: "hierarchical",
  201: "arithmetic",
  202: "arithmetic",
  203: "lossless",
  205: "hierarchical",
  206: "hierarchical",
  207: "hierarchical",
};

export const markers = {
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  dqt: 0xdb,
  dht: 0xc4,
  dri: 0xdd,
  app0: 0xe0,
  app1: 0xe1,
  app14: 0xee,
  com: 0xfe,
} as const;

export const isFrameMarker = (marker: number): boolean => marker in processes;

/** Profiles and previews in many segments are common; more than this is no picture. */
const maxSegments = 10_000;

/** A frame header's contents (ISO/IEC 10918-1 B.2.2). */
export interface JpegFrame {
  readonly bits: number;
  readonly height: number;
  readonly width: number;
  readonly components: readonly {
    readonly id: number;
    readonly h: number;
    readonly v: number;
    readonly table: number;
  }[];
}

/** @throws RelayError image_corrupt */
export function parseFrame(contents: Buffer): JpegFrame {
  const count = contents[5] ?? 0;
  if (contents.length < 6 || contents.length !== 6 + 3 * count) throw corruptImage("its frame header is not whole");
  const components = Array.from({ length: count }, (_, index) => {
    const at = 6 + 3 * index;
    const factors = contents.readUInt8(at + 1);
    return { id: contents.readUInt8(at), h: factors >> 4, v: factors & 15, table: contents.readUInt8(at + 2) };
  });
  if (components.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) throw corruptImage("its sampling is not valid");
  return { bits: contents.readUInt8(0), height: contents.readUInt16BE(1), width: contents.readUInt16BE(3), components };
}

/**
 * Reads from SOI to the first scan.
 * @throws RelayError image_corrupt, image_truncated
 */
export async function readJpegHeader(file: FileHandle): Promise<JpegHeader> {
  let frame: JpegFrame | null = null;
  let process: JpegProcess | undefined;
  let orientation: Orientation = 1;
  let jfif = false;
  let adobeTransform: number | null = null;
  let at = 2;
  for (let count = 0; count < maxSegments; count++) {
    const start = await pieceOf(file, at, 4);
    if (start.length < 4) throw cutShortImage();
    if (start[0] !== 0xff) throw corruptImage("its header is broken");
    const marker = start.readUInt8(1);
    // B.1.1.2: fill bytes may stand before a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === markers.sos) {
      if (frame === null || process === undefined) throw corruptImage("its frame header is missing");
      const { components, ...size } = frame;
      const subsampled = new Set(components.map(({ h, v }) => 16 * h + v)).size > 1;
      const colour = colourOf(
        components.map(({ id }) => id),
        jfif,
        adobeTransform,
      );
      return {
        kind: "jpeg",
        ...size,
        components: components.length,
        process,
        colour,
        subsampled,
        orientation,
        adobeTransform,
      };
    }
    const length = start.readUInt16BE(2);
    if (length < 2 || marker < 0xc0 || (marker >= 0xd0 && marker <= markers.eoi))
      throw corruptImage("its header is broken");
    const contents = async (): Promise<Buffer> => {
      const piece = await pieceOf(file, at + 4, length - 2);
      if (piece.length < length - 2) throw cutShortImage();
      return piece;
    };
    if (isFrameMarker(marker)) {
      if (frame !== null) throw corruptImage("it has two frame headers");
      frame = parseFrame(await contents());
      process = processes[marker];
    } else if (marker === markers.app0) jfif ||= (await contents()).toString("latin1", 0, 5) === "JFIF\0";
    else if (marker === markers.app1) orientation = exifOrientation(await contents()) ?? orientation;
    else if (marker === markers.app14) adobeTransform = transformOf(await contents()) ?? adobeTransform;
    at += 2 + length;
  }
  throw corruptImage("its header has no end");
}

const transformOf = (app14: Buffer): number | null =>
  app14.length >= 12 && app14.toString("latin1", 0, 5) === "Adobe" ? app14.readUInt8(11) : null;

const redGreenBlue = [0x52, 0x47, 0x42];

/** What the components mean: JFIF says YCbCr, else Adobe's transform, else the components' letters; as all decoders do. */
function colourOf(ids: readonly number[], jfif: boolean, adobeTransform: number | null): JpegColour {
  if (ids.length === 1) return "gray";
  if (ids.length === 4) return adobeTransform === 2 ? "ycck" : "cmyk";
  if (ids.length !== 3) return "unknown";
  if (jfif) return "ycbcr";
  if (adobeTransform !== null) return adobeTransform === 0 ? "rgb" : "ycbcr";
  return ids.every((id, index) => id === redGreenBlue[index]) ? "rgb" : "ycbcr";
}

/** Whether the components' letters alone, all that is left without application segments, say the same as the header did. */
export const namesItself = (header: JpegHeader, frame: JpegFrame): boolean =>
  colourOf(
    frame.components.map(({ id }) => id),
    false,
    null,
  ) === header.colour;
