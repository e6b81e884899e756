import type { HttpBody } from "../http-peer.ts";
import type { Signature } from "./sigv4.ts";

/** AWS recommends at least 64 KiB, and takes none below 8. */
export const CHUNK_BYTES = 65_536;
const head = (size: number, signature: string) => Buffer.from(`${size.toString(16)};chunk-signature=${signature}\r\n`);
const lineEnd = Buffer.from("\r\n");
const chunkLength = (size: number): number => size.toString(16).length + ";chunk-signature=".length + 64 + 4 + size;

/** Length of `aws-chunked` content with so many bytes in it; known before the first signature. */
export function chunkedLength(length: number, chunkBytes: number = CHUNK_BYTES): number {
  const rest = length % chunkBytes;
  const full = Math.floor(length / chunkBytes) * chunkLength(chunkBytes);
  return full + (rest > 0 ? chunkLength(rest) : 0) + chunkLength(0);
}

/** The body in signed chunks of one size, each signature over the one before it (S3 API Reference, "sigv4-streaming"). */
export function signedChunks(body: HttpBody, seed: Signature, chunkBytes: number = CHUNK_BYTES): HttpBody {
  return {
    length: chunkedLength(body.length, chunkBytes),
    async *pieces() {
      let before = seed.signature;
      for await (const chunk of ofOneSize(body.pieces(), chunkBytes)) {
        before = seed.signChunk(chunk, before);
        yield Buffer.concat([head(chunk.length, before), chunk, lineEnd]);
      }
      yield Buffer.concat([head(0, seed.signChunk(new Uint8Array(0), before)), lineEnd]);
    },
  };
}

/** The same bytes in pieces of one size, the last being what is left. */
async function* ofOneSize(pieces: AsyncGenerator<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    for (; held.length >= size; held = held.subarray(size)) yield held.subarray(0, size);
  }
  if (held.length > 0) yield held;
}
