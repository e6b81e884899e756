import type { FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createInflate } from "node:zlib";
import { corruptImage } from "./image-file.ts";
import { chunkData, type PngChunk, type PngHeader, pngChunks, smallChunk } from "./image-png-header.ts";
import { type PngTables, SampleConverter, storedPixels, unfilter } from "./image-png-samples.ts";

/** A picture is one pass of all its pixels, an interlaced one seven of some (PNG 8.2). */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}

const whole: readonly Pass[] = [{ x: 0, y: 0, stepX: 1, stepY: 1 }];
const adam7: readonly Pass[] = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
];

/** What the picture needs of its file; text, profiles and times are stepped over unopened. */
export interface PngContents {
  readonly tables: PngTables;
  readonly data: readonly PngChunk[];
}

const empty = Buffer.alloc(0);

/**
 * Finds the chunks that make the picture and checks their CRC, to IEND.
 * @throws RelayError image_truncated, image_corrupt
 */
export async function readPngContents(file: FileHandle, header: PngHeader): Promise<PngContents> {
  let palette: Buffer = empty;
  let transparency: Buffer = empty;
  const data: PngChunk[] = [];
  for await (const chunk of pngChunks(file)) {
    if (chunk.type === "PLTE") palette = await smallChunk(file, chunk, 768);
    else if (chunk.type === "tRNS") transparency = await smallChunk(file, chunk, 256);
    else if (chunk.type === "IDAT" || chunk.type === "IEND") {
      for await (const _ of chunkData(file, chunk)) {
        // Read for its CRC.
      }
      if (chunk.type === "IDAT") data.push(chunk);
    }
  }
  if (header.colour === "palette" && (palette.length === 0 || palette.length % 3 !== 0))
    throw corruptImage("its palette is missing");
  if (data.length === 0) throw corruptImage("it holds no picture");
  return { tables: { palette, transparency }, data };
}

/** How much is handed on at once. */
const blockSize = 1_048_576;

/**
 * Unpacks the picture row by row and hands its pixels on, as `storedPixels` says, in order. Memory does not grow with
 * the picture, except for an interlaced one, which is held whole.
 * @throws RelayError image_corrupt
 */
export async function writePngPixels(
  file: FileHandle,
  header: PngHeader,
  { tables, data }: PngContents,
  write: (pixels: Uint8Array) => Promise<void>,
): Promise<{ readonly transparent: boolean }> {
  const converter = new SampleConverter(header, tables);
  const { bytesPerPixel } = storedPixels(header);
  const stride = header.width * bytesPerPixel;
  const blockRows = header.interlaced ? header.height : Math.max(1, Math.floor(blockSize / stride));
  const place = Buffer.alloc(Math.min(blockRows, header.height) * stride);
  const line = Buffer.alloc(stride);
  let filled = 0;

  const rows = async (inflated: AsyncIterable<Buffer>): Promise<void> => {
    for await (const { bytes, pixels, pass, y } of rowsOf(inflated, header)) {
      if (header.interlaced) {
        converter.convert(bytes, pixels, line);
        scatter(line, place.subarray(y * stride, (y + 1) * stride), pass, bytesPerPixel);
        continue;
      }
      converter.convert(bytes, pixels, place.subarray(filled, filled + stride));
      filled += stride;
      if (filled === place.length) {
        await write(place);
        filled = 0;
      }
    }
  };
  try {
    await pipeline(packed(file, data), createInflate(), rows);
  } catch (error) {
    throw isZlibError(error) ? corruptImage("its data cannot be unpacked") : error;
  }
  if (header.interlaced) await write(place);
  else if (filled > 0) await write(place.subarray(0, filled));
  return { transparent: converter.transparent };
}

async function* packed(file: FileHandle, chunks: readonly PngChunk[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield* chunkData(file, chunk);
}

const isZlibError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^Z_|ZLIB/.test(String(error.code));

interface Row {
  /** Samples without their filter; only until the next row. */
  readonly bytes: Uint8Array;
  readonly pixels: number;
  readonly pass: Pass;
  /** Line of the picture. */
  readonly y: number;
}

/** Exactly the rows that the header says, no byte less or more. @throws RelayError image_corrupt */
async function* rowsOf(inflated: AsyncIterable<Buffer>, header: PngHeader): AsyncGenerator<Row> {
  const { width, height, bits, components } = header;
  const source = new ExactSource(inflated);
  const step = Math.max(1, (components * bits) / 8);
  for (const pass of header.interlaced ? adam7 : whole) {
    const pixels = Math.ceil((width - pass.x) / pass.stepX);
    if (pixels <= 0) continue;
    const length = Math.ceil((pixels * components * bits) / 8);
    // The filter's type stands in front of each row (PNG 9.1).
    let [row, above] = [Buffer.alloc(1 + length), Buffer.alloc(1 + length)];
    for (let y = pass.y; y < height; y += pass.stepY) {
      await source.fill(row);
      const bytes = row.subarray(1);
      unfilter(row.readUInt8(0), bytes, above.subarray(1), step);
      yield { bytes, pixels, pass, y };
      [row, above] = [above, row];
    }
  }
  await source.end();
}

class ExactSource {
  private readonly chunks: AsyncIterator<Buffer>;
  private chunk: Buffer = empty;

  constructor(inflated: AsyncIterable<Buffer>) {
    this.chunks = inflated[Symbol.asyncIterator]();
  }

  async fill(target: Buffer): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      if (this.chunk.length === 0 && !(await this.next())) throw corruptImage("a part of its data is missing");
      const taken = this.chunk.copy(target, filled);
      this.chunk = this.chunk.subarray(taken);
      filled += taken;
    }
  }

  async end(): Promise<void> {
    if (this.chunk.length > 0 || (await this.next())) throw corruptImage("it holds more data than pixels");
  }

  private async next(): Promise<boolean> {
    const { value, done } = await this.chunks.next();
    this.chunk = done ? empty : value;
    return !done;
  }
}

function scatter(line: Buffer, target: Buffer, pass: Pass, bytesPerPixel: number): void {
  let from = 0;
  for (let to = pass.x * bytesPerPixel; to < target.length; to += pass.stepX * bytesPerPixel) {
    for (let index = 0; index < bytesPerPixel; index++) target[to + index] = line[from + index] ?? 0;
    from += bytesPerPixel;
  }
}
