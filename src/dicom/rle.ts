import { FrameFault } from "./codestream.ts";

const HEADER_BYTES = 64;
const MOST_SEGMENTS = 15;

/**
 * One frame of RLE Lossless (PS3.5 G): a segment for each byte of each sample, the most significant byte first.
 * @param samples per pixel @param width bytes of a sample
 * @returns pixels with their samples side by side, little endian
 * @throws FrameFault where a segment is too short or too long
 */
export function decodeRle(bytes: Uint8Array, pixels: number, samples: number, width: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = samples * width;
  if (bytes.length < HEADER_BYTES || segments > MOST_SEGMENTS || view.getUint32(0, true) !== segments)
    throw new FrameFault("The compressed image data has another number of segments than the image needs.");
  const frame = new Uint8Array(pixels * segments);
  for (let index = 0; index < segments; index++) {
    const from = view.getUint32(4 + 4 * index, true);
    const to = index + 1 < segments ? view.getUint32(8 + 4 * index, true) : bytes.length;
    const place = Math.floor(index / width) * width + (width - 1 - (index % width));
    if (from < HEADER_BYTES || to > bytes.length || from > to || !unpack(bytes, from, to, frame, place, segments))
      throw new FrameFault("The compressed image data ends too early.");
  }
  return frame;
}

/** PackBits (PS3.5 G.3.2); answers whether the segment filled its part of the frame. What it holds beyond is padding. */
function unpack(
  bytes: Uint8Array,
  from: number,
  to: number,
  frame: Uint8Array,
  place: number,
  stride: number,
): boolean {
  let at = from;
  let out = place;
  while (at < to && out < frame.length) {
    const control = bytes[at++] as number;
    if (control === 128) continue;
    const literal = control < 128;
    for (let count = literal ? control + 1 : 257 - control; count > 0 && out < frame.length; count--) {
      if (at >= to) return false;
      frame[out] = bytes[at] as number;
      if (literal) at++;
      out += stride;
    }
    if (!literal) at++;
  }
  return out >= frame.length;
}
