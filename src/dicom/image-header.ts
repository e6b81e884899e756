import { open } from "node:fs/promises";
import { imageFault, pieceOf } from "./image-file.ts";
import { type JpegHeader, readJpegHeader } from "./image-jpeg-header.ts";
import { type PngHeader, readPngHeader } from "./image-png-header.ts";

export type ImageHeader = JpegHeader | PngHeader;

/** Larger pictures are refused before anything of them is decoded: 100 megapixels are 300 MB when opened. */
export const maxImagePixels = 100_000_000;
/** Rows and Columns are US (PS3.3 C.7.6.3). */
export const maxImageSide = 65_535;

/** Enough to tell every kind. */
const headSize = 1024;

/** Pictures people send that cannot be read here, told by their first bytes, and what is said of them. */
const others: readonly (readonly [RegExp, string])[] = [
  [
    /^.{4}ftyp(?:he|mif1|msf1|avi[fs])/s,
    "HEIC photos cannot be read here; on an iPhone, Settings, Camera, Formats, Most Compatible makes JPEG photos.",
  ],
  [/^RIFF.{4}WEBP/s, "WebP pictures cannot be turned into DICOM."],
  [/^GIF8[79]a/, "GIF pictures cannot be turned into DICOM."],
  [/^BM/, "BMP pictures cannot be turned into DICOM."],
  [/^(?:II[*+]\0|MM\0[*+])/, "TIFF pictures cannot be turned into DICOM."],
  [/^(?:.{4}jP {2}|\xffO\xffQ)/s, "JPEG 2000 pictures cannot be turned into DICOM."],
  [/<svg[\s>]/i, "SVG drawings cannot be turned into DICOM."],
];

/**
 * What a JPEG or PNG says of itself. Reads the header only, never pixels; what lies between (text, profiles, previews) is
 * stepped over, not opened.
 * @throws RelayError image_kind_unsupported, image_too_large, image_truncated, image_corrupt
 */
export async function readImageHeader(path: string): Promise<ImageHeader> {
  const file = await open(path, "r");
  try {
    const head = await pieceOf(file, 0, headSize);
    const start = Buffer.from(head).toString("latin1");
    if (start.startsWith("\xff\xd8\xff")) return bounded(await readJpegHeader(file));
    if (start.startsWith("\x89PNG\r\n\x1a\n")) return bounded(await readPngHeader(file));
    throw imageFault("image_kind_unsupported", others.find(([pattern]) => pattern.test(start))?.[1]);
  } finally {
    await file.close();
  }
}

function bounded<Header extends ImageHeader>(header: Header): Header {
  const { width, height } = header;
  if (width === 0 || height === 0) throw imageFault("image_corrupt", "The picture says that it has no size.");
  if (width > maxImageSide || height > maxImageSide || width * height > maxImagePixels) {
    const most = maxImagePixels / 1_000_000;
    throw imageFault(
      "image_too_large",
      `The picture has ${width} × ${height} pixels; at most ${most} megapixels are taken.`,
    );
  }
  return header;
}
