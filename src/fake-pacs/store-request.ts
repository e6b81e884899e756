import type { ReceivedPart } from "./behaviour.ts";
import { readDicom } from "./dicom-header.ts";
import { type BodyPart, type MediaType, MultipartFault, mediaType, partsOf } from "./multipart.ts";
import type { KindRules } from "./rules.ts";

export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** What a strict archive makes of a store request; a violation is refused as the real one refuses it. */
export type ParsedStore =
  | {
      readonly parts: readonly ReceivedPart[];
      /** Parts that are no DICOM, where the others are stored all the same. */
      readonly unreadable: number;
    }
  | { readonly violation: string; readonly status: number };

const DICOM = "application/dicom";
const violation = (status: number, text: string): ParsedStore => ({ violation: text, status });

/** A Store request (PS3.18 10.5.1) as this kind takes it. */
export function parseStow(headers: RequestHeaders, body: Buffer, rules: KindRules): ParsedStore {
  if (headers["content-length"] === undefined && !rules.chunked) return violation(411, "no Content-Length");
  if (body.length > rules.mostBytes) return violation(413, "the request is too large");
  if (rules.accept.other === 406 && !accepts(headers.accept, "application/dicom+json"))
    return violation(406, "Accept does not name application/dicom+json");
  const type = mediaType(headers["content-type"]);
  if (rules.single && type?.type === DICOM) return objects([body], rules);
  const boundary = boundaryOf(type, rules);
  if (boundary === null)
    return violation(rules.type, "Content-Type is not multipart/related of application/dicom with its boundary");
  try {
    const parts = partsOf(body, boundary);
    const dicom = parts.filter(({ headers: own }) => mediaType(own.get("content-type"))?.type === DICOM);
    if (dicom.length < parts.length && rules.otherPart !== "ignored")
      return violation(rules.otherPart, "a part's Content-Type is not application/dicom");
    return objects(
      dicom.map((part: BodyPart) => part.bytes),
      rules,
    );
  } catch (error) {
    if (!(error instanceof MultipartFault)) throw error;
    return violation(rules.broken, error.message);
  }
}

/** Orthanc's POST /instances: one Part 10 object, its length announced. */
export function parseInstance(headers: RequestHeaders, body: Buffer): ParsedStore {
  if (headers["content-length"] === undefined) return violation(411, "no Content-Length");
  const part = received(body);
  return part === null ? violation(400, "no DICOM") : { parts: [part], unreadable: 0 };
}

/** Its type is quoted for its slash. Null where an archive would not find it. */
function boundaryOf(type: MediaType | null, rules: KindRules): string | null {
  const related = type?.parameters.get("type");
  const boundary = type?.parameters.get("boundary");
  if (type?.type !== "multipart/related" || boundary === undefined) return null;
  if (related !== undefined && related.value.toLowerCase() !== DICOM) return null;
  if (boundary.quoted && !rules.quotedBoundary) return null;
  const { value } = boundary;
  return value.length <= rules.longestBoundary && /^[A-Za-z0-9'()+_,./:=?-]+$/.test(value) ? value : null;
}

function objects(all: readonly Uint8Array[], rules: KindRules): ParsedStore {
  const parts = all.map(received);
  const unreadable = parts.filter((part) => part === null).length;
  if (unreadable > 0 && rules.unreadable === "refused") return violation(400, "a part that is no DICOM");
  return { parts: parts.filter((part) => part !== null), unreadable };
}

function received(bytes: Uint8Array): ReceivedPart | null {
  try {
    const own = new Uint8Array(bytes);
    return { ...readDicom(own), bytes: own };
  } catch {
    return null;
  }
}

/** Whether Accept names this type; its own weights and wildcards are not followed, for archives do not either. */
export const accepts = (header: string | undefined, type: string): boolean =>
  (header ?? "").split(",").some((one) => mediaType(one.trim())?.type === type);
