/** Whether gzip wins on this link with these data, as measured on the way. */
export interface Compression {
  /** Whether the next piece is to be tried compressed. */
  worthTrying(lineRate: number | null): boolean;
  /** What a try came to. @param ms milliseconds it took */
  measured(bytes: number, compressed: number, ms: number): void;
}

/** Compressed bytes have to be this much fewer, or gzip is not worth its time. */
const winsBelow = 0.95;
/** Every so many pieces it is tried anew: a study can hold compressed and uncompressed images. */
const again = 24;

/** @param available false where the browser has no CompressionStream */
export function createCompression(available: boolean): Compression {
  let ratio: number | null = null;
  let speed: number | null = null;
  let asked = 0;
  return {
    worthTrying(lineRate) {
      if (!available) return false;
      asked += 1;
      if (ratio === null || speed === null || asked % again === 0) return true;
      if (ratio > winsBelow) return false;
      // sending and compressing go on at once: the slower of both counts
      return lineRate === null || Math.min(speed, lineRate / ratio) > lineRate / winsBelow;
    },
    measured(bytes, compressed, ms) {
      const mix = (old: number | null, now: number) => (old === null ? now : old * 0.7 + now * 0.3);
      ratio = mix(ratio, compressed / bytes);
      speed = mix(speed, (bytes * 1000) / Math.max(ms, 0.1));
    },
  };
}

/** Small writes: the browser compresses in the page's own thread, and no task there may be long. */
const step = 65_536;

/** @returns the bytes as gzip */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new CompressionStream("gzip");
  const out = new Response(stream.readable).arrayBuffer();
  const writer = stream.writable.getWriter();
  for (let at = 0; at < bytes.length; at += step) await writer.write(bytes.subarray(at, at + step));
  await writer.close();
  return new Uint8Array(await out);
}
