/** VRs whose length has four bytes behind two reserved ones (PS3.5 7.1.2). */
const LONG = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);

/**
 * Where the data set begins: behind preamble, DICM and the file meta, which is always Explicit VR Little Endian (PS3.10 7.1).
 * Walks group 0002 instead of trusting its group length. Null where the bytes are no Part 10 object.
 */
export function part10DataSetOffset(bytes: Uint8Array): number | null {
  if (Buffer.from(bytes.subarray(128, 132)).toString("latin1") !== "DICM") return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 132;
  while (at + 8 <= bytes.length && view.getUint16(at, true) === 0x0002) {
    const vr = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5));
    const long = LONG.has(vr);
    if (long && at + 12 > bytes.length) return null;
    at += long ? 12 + view.getUint32(at + 8, true) : 8 + view.getUint16(at + 6, true);
  }
  return at <= bytes.length ? at : null;
}
