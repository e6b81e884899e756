/** How pixels are to be turned to stand upright (EXIF 2.3, tag 0112H); 1: they do. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const orientationTag = 0x0112;
const shortType = 3;

/** The orientation out of an APP1 segment's contents; null where it is no EXIF or says none. Nothing else is read. */
export function exifOrientation(segment: Buffer): Orientation | null {
  if (segment.toString("latin1", 0, 6) !== "Exif\0\0") return null;
  const tiff = segment.subarray(6);
  const order = tiff.toString("latin1", 0, 4);
  if (order !== "II*\0" && order !== "MM\0*") return null;
  const little = order === "II*\0";
  const short = (at: number): number => {
    if (at < 0 || at + 2 > tiff.length) return 0;
    return little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at);
  };
  const firstDirectory = tiff.length < 8 ? 0 : little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const entries = Math.min(short(firstDirectory), Math.floor((tiff.length - firstDirectory) / 12));
  for (let index = 0; index < entries; index++) {
    const entry = firstDirectory + 2 + 12 * index;
    if (short(entry) !== orientationTag || short(entry + 2) !== shortType) continue;
    const value = short(entry + 8);
    return value >= 1 && value <= 8 ? (value as Orientation) : null;
  }
  return null;
}
