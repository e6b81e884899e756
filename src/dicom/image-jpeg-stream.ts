import { corruptImage, cutShortImage, imageFault } from "./image-file.ts";
import { isFrameMarker, type JpegFrame, markers, parseFrame } from "./image-jpeg-header.ts";

/** A marker segment; that of a scan holds the entropy-coded data behind it. */
export interface JpegSegment {
  readonly marker: number;
  /** The segment with its marker. */
  readonly bytes: Buffer;
  /** Its contents, without marker and length. */
  readonly contents: Buffer;
  /** What follows a scan header: entropy-coded data with its restart markers. */
  readonly scan: Buffer;
}

export interface JpegStream {
  readonly segments: readonly JpegSegment[];
  readonly frame: JpegFrame;
}

const none = Buffer.alloc(0);

/**
 * Parts a JPEG into its segments, up to the first EOI; what lies behind that is not looked at (ISO/IEC 10918-1 B.1, B.2).
 * @throws RelayError image_truncated, image_corrupt
 */
export function splitJpeg(bytes: Buffer): JpegStream {
  const segments: JpegSegment[] = [];
  let frame: JpegFrame | null = null;
  let at = 2;
  for (;;) {
    if (at + 2 > bytes.length) throw cutShortImage();
    if (bytes[at] !== 0xff) throw corruptImage("there is something else between its parts");
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === markers.eoi) break;
    if (at + 4 > bytes.length) throw cutShortImage();
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= markers.soi) || end < at + 4)
      throw corruptImage("its parts are broken");
    if (end > bytes.length) throw cutShortImage();
    const isScan = marker === markers.sos;
    const scanEnd = isScan ? endOfScan(bytes, end) : end;
    const contents = bytes.subarray(at + 4, end);
    segments.push({
      marker,
      bytes: bytes.subarray(at, scanEnd),
      contents,
      scan: isScan ? bytes.subarray(end, scanEnd) : none,
    });
    if (isFrameMarker(marker)) {
      if (frame !== null) throw corruptImage("it has two frame headers");
      frame = parseFrame(contents);
    }
    if (isScan && frame === null) throw corruptImage("its frame header is missing");
    at = scanEnd;
  }
  if (frame === null || !segments.some(({ marker }) => marker === markers.sos))
    throw corruptImage("it holds no picture");
  return { segments, frame };
}

/** Where the next marker stands that is neither a stuffed zero nor a restart (ISO/IEC 10918-1 B.1.1.5). */
function endOfScan(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at !== -1 && at + 1 < bytes.length) {
    const next = bytes.readUInt8(at + 1);
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
    at = bytes.indexOf(0xff, next === 0xff ? at + 1 : at + 2);
  }
  throw cutShortImage();
}

const isApplication = (marker: number): boolean => marker >= 0xe0 && marker <= 0xef;

/** The segments a decoder needs, between SOI and EOI: no application data and no comments. */
export function plainJpeg({ segments }: JpegStream): Uint8Array[] {
  const kept = segments.filter(({ marker }) => !isApplication(marker) && marker !== markers.com);
  return [Buffer.from([0xff, markers.soi]), ...kept.map(({ bytes }) => bytes), Buffer.from([0xff, markers.eoi])];
}

/** More than a picture of 100 megapixels in the best quality needs. */
export const maxJpegBytes = 134_217_728;

export const tooManyBytes = () =>
  imageFault("image_too_large", `The picture has more than ${maxJpegBytes / 1_048_576} MB.`);
