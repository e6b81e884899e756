import { type DicomFile, readDicom } from "./dicom-file.ts";

/** One Part 10 object of a store request. */
export interface ReceivedPart extends DicomFile {
  readonly bytes: Uint8Array;
}

/** What a strict archive makes of a store request; a violation is refused as the real ones refuse it. */
export type ParsedStore =
  | { readonly parts: readonly ReceivedPart[] }
  | { readonly violation: string; readonly status: number };

const MULTIPART = /^multipart\/related; type="application\/dicom"; boundary=([A-Za-z0-9'()+_,./:=?-]{1,70})$/;
const violation = (status: number, text: string): ParsedStore => ({ violation: text, status });

/** A STOW-RS request: Content-Length, an unquoted boundary, exact CRLF, application/dicom parts and nothing else, the final `--`. */
export function parseStow(headers: Readonly<Record<string, string | undefined>>, body: Uint8Array): ParsedStore {
  if (headers["content-length"] === undefined) return violation(411, "no Content-Length");
  if (headers.accept !== "application/dicom+json") return violation(406, "Accept is not application/dicom+json");
  const boundary = MULTIPART.exec(headers["content-type"] ?? "")?.[1];
  if (boundary === undefined) return violation(415, "Content-Type is not multipart/related as old servers read it");
  const all = Buffer.from(body);
  const opening = `--${boundary}\r\n`;
  const head = "Content-Type: application/dicom\r\n\r\n";
  const closing = `\r\n--${boundary}--\r\n`;
  if (all.toString("latin1") === closing) return { parts: [] };
  if (!all.subarray(0, opening.length).equals(Buffer.from(opening))) return violation(400, "no opening boundary");
  if (!all.subarray(-closing.length).equals(Buffer.from(closing))) return violation(400, "no closing boundary");
  const parts: ReceivedPart[] = [];
  for (let at = 0; at + closing.length < all.length; ) {
    const start = at + (at === 0 ? opening.length : opening.length + 2) + head.length;
    if (!all.subarray(start - head.length, start).equals(Buffer.from(head))) return violation(400, "odd part headers");
    const end = all.indexOf(`\r\n--${boundary}`, start);
    if (end < 0) return violation(400, "a part without end");
    const part = received(all.subarray(start, end));
    if (part === null) return violation(400, "a part that is no DICOM");
    parts.push(part);
    at = end;
  }
  return { parts };
}

/** Orthanc's POST /instances: one Part 10 object, its length announced. */
export function parseInstance(headers: Readonly<Record<string, string | undefined>>, body: Uint8Array): ParsedStore {
  if (headers["content-length"] === undefined) return violation(411, "no Content-Length");
  const part = received(body);
  return part === null ? violation(400, "no DICOM") : { parts: [part] };
}

function received(bytes: Uint8Array): ReceivedPart | null {
  try {
    const own = new Uint8Array(bytes);
    return { ...readDicom(own), bytes: own };
  } catch {
    return null;
  }
}
