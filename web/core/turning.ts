/** How pixels are to be turned to stand upright (EXIF 2.3, tag 0112H); 1: they do. */
type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** A quarter turn to the right, plain and mirrored orientations each among themselves. */
const next: Record<Orientation, Orientation> = { 1: 6, 6: 3, 3: 8, 8: 1, 2: 7, 7: 4, 4: 5, 5: 2 };
const isOrientation = (value: number): value is Orientation => Number.isInteger(value) && value >= 1 && value <= 8;

/**
 * A photo turned a quarter to the right. Of a JPEG only the note that says how it stands is written anew, so that no
 * quality is lost before the box turns the pixels; where it was taken goes with the old note.
 * @throws Error where the picture cannot be read
 */
export async function turned(file: File): Promise<File> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  const parts = isJpeg ? turnedJpeg(bytes) : [await redrawn(file)];
  const type = isJpeg ? "image/jpeg" : "image/png";
  return new File(parts, file.name, { type, lastModified: file.lastModified });
}

export function turnedJpeg(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  let orientation: Orientation = 1;
  const kept: Uint8Array<ArrayBuffer>[] = [];
  let at = 2; // behind the start of image
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    const length = 2 + (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
    const isHead = (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe; // application segments and comments stand first
    if (!isHead) break;
    const segment = bytes.subarray(at, at + length);
    const found = marker === 0xe1 ? orientationOf(segment.subarray(4)) : null;
    if (found === null) kept.push(segment);
    else orientation = found;
    at += length;
  }
  return [bytes.subarray(0, 2), exif(next[orientation]), ...kept, bytes.subarray(at)];
}

const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));

/** null where an APP1 segment is no EXIF; 1 where it does not say. */
function orientationOf(segment: Uint8Array): Orientation | null {
  if (ascii(segment, 0, 6) !== "Exif\0\0") return null;
  const tiff = new DataView(segment.buffer, segment.byteOffset + 6, segment.length - 6);
  const little = ascii(segment, 6, 8) === "II";
  try {
    const directory = tiff.getUint32(4, little);
    for (let entry = 0; entry < tiff.getUint16(directory, little); entry++) {
      const place = directory + 2 + 12 * entry;
      const value = tiff.getUint16(place + 8, little);
      if (tiff.getUint16(place, little) === 0x0112 && isOrientation(value)) return value;
    }
  } catch {
    // cut short: as if it said nothing
  }
  return 1;
}

/** An APP1 segment with this one entry: TIFF header, a directory of one SHORT, no next directory. */
function exif(orientation: Orientation): Uint8Array<ArrayBuffer> {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const body = [...[..."Exif\0\0"].map((char) => char.charCodeAt(0)), ...tiff];
  return new Uint8Array([0xff, 0xe1, 0, body.length + 2, ...body]);
}

/** Other pictures are drawn anew, without loss. */
async function redrawn(file: File): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(picture.height, picture.width);
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("The picture cannot be drawn.");
  pen.translate(picture.height, 0);
  pen.rotate(Math.PI / 2);
  pen.drawImage(picture, 0, 0);
  picture.close();
  return canvas.convertToBlob({ type: "image/png" });
}
