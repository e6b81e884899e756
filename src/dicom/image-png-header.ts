import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { corruptImage, cutShortImage, imageFault, pieceOf } from "./image-file.ts";

export type PngColour = "gray" | "rgb" | "palette" | "gray-alpha" | "rgba";

export interface PngHeader {
  readonly kind: "png";
  readonly width: number;
  readonly height: number;
  /** Of a sample; of an index where the colour is `palette`. */
  readonly bits: number;
  /** Channels as stored, alpha among them. */
  readonly components: number;
  readonly colour: PngColour;
  /** Adam7. */
  readonly interlaced: boolean;
}

interface ColourType {
  readonly colour: PngColour;
  readonly components: number;
  readonly bits: readonly number[];
}

/** PNG (third edition) 11.2.1, table 12. */
const colourTypes: Readonly<Record<number, ColourType>> = {
  0: { colour: "gray", components: 1, bits: [1, 2, 4, 8, 16] },
  2: { colour: "rgb", components: 3, bits: [8, 16] },
  3: { colour: "palette", components: 1, bits: [1, 2, 4, 8] },
  4: { colour: "gray-alpha", components: 2, bits: [8, 16] },
  6: { colour: "rgba", components: 4, bits: [8, 16] },
};

/** A chunk's place in the file; `at` is where its data starts. */
export interface PngChunk {
  readonly type: string;
  readonly at: number;
  readonly length: number;
}

const signatureLength = 8;
/** A picture of 100 megapixels in chunks of 8 kB has some 40 000. */
const maxChunks = 200_000;

/** The chunks one after another, IEND the last. @throws RelayError image_truncated, image_corrupt */
export async function* pngChunks(file: FileHandle): AsyncGenerator<PngChunk> {
  const { size } = await file.stat();
  let start = signatureLength;
  for (let count = 0; count < maxChunks; count++) {
    const head = await pieceOf(file, start, 8);
    if (head.length < 8) throw cutShortImage();
    const chunk = { type: head.toString("latin1", 4), at: start + 8, length: head.readUInt32BE(0) };
    if (!/^[A-Za-z]{4}$/.test(chunk.type) || chunk.length > 0x7fffffff) throw corruptImage("its parts are broken");
    start = chunk.at + chunk.length + 4;
    if (start > size) throw cutShortImage();
    yield chunk;
    if (chunk.type === "IEND") return;
  }
  throw corruptImage("it has too many parts");
}

const pieceSize = 262_144;

/** A chunk's data piece by piece; its CRC holds it (PNG 5.3) or the last step throws. @throws RelayError image_corrupt */
export async function* chunkData(file: FileHandle, { type, at, length }: PngChunk): AsyncGenerator<Buffer> {
  let crc = crc32(Buffer.from(type, "latin1"));
  for (let done = 0; done < length; ) {
    const piece = await pieceOf(file, at + done, Math.min(pieceSize, length - done));
    if (piece.length === 0) throw cutShortImage();
    crc = crc32(piece, crc);
    done += piece.length;
    yield piece;
  }
  const stated = await pieceOf(file, at + length, 4);
  if (stated.length < 4) throw cutShortImage();
  if (stated.readUInt32BE(0) !== crc) throw corruptImage("a checksum is wrong");
}

/** The data of a small chunk. @throws RelayError image_corrupt where it is longer than `most` */
export async function smallChunk(file: FileHandle, chunk: PngChunk, most: number): Promise<Buffer> {
  if (chunk.length > most) throw corruptImage("its parts are broken");
  return Buffer.concat(await Array.fromAsync(chunkData(file, chunk)));
}

/** @throws RelayError image_corrupt, image_truncated, image_kind_unsupported */
export async function readPngHeader(file: FileHandle): Promise<PngHeader> {
  const { value: first } = await pngChunks(file).next();
  // Apple's own variant starts with another chunk and cannot be read elsewhere.
  if (first?.type === "CgBI") throw imageFault("image_kind_unsupported");
  if (first?.type !== "IHDR" || first.length !== 13) throw corruptImage("its header is missing");
  const header = await smallChunk(file, first, 13);
  const [bits = 0, type = 0, compression, filter, interlace = 0] = header.subarray(8);
  const known = colourTypes[type];
  if (!known?.bits.includes(bits) || compression !== 0 || filter !== 0 || interlace > 1)
    throw corruptImage("its header makes no sense");
  const { colour, components } = known;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  return { kind: "png", width, height, bits, components, colour, interlaced: interlace === 1 };
}
