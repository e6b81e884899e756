/** A media type with its parameters (RFC 9110 8.3.1); a quoted value is told from a token, for some archives take only one of them. */
export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, { readonly value: string; readonly quoted: boolean }>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const TYPE = new RegExp(`^(${TOKEN}/${TOKEN})`);
/** Old servers take "/" and more in an unquoted boundary (RFC 2046 5.1.1), which RFC 9110 would have in quotes. */
const PARAMETER = new RegExp(`^[ \\t]*;[ \\t]*(${TOKEN})=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s";]+))`);

/** Null where the header is none. */
export function mediaType(header: string | undefined): MediaType | null {
  const type = TYPE.exec(header ?? "")?.[1];
  if (header === undefined || type === undefined) return null;
  const parameters = new Map<string, { value: string; quoted: boolean }>();
  let rest = header.slice(type.length);
  for (let found = PARAMETER.exec(rest); found !== null; found = PARAMETER.exec(rest)) {
    const [whole, name = "", quoted, token] = found;
    const value = quoted === undefined ? (token ?? "") : quoted.replace(/\\(.)/g, "$1");
    parameters.set(name.toLowerCase(), { value, quoted: quoted !== undefined });
    rest = rest.slice(whole.length);
  }
  return rest.trim() === "" ? { type: type.toLowerCase(), parameters } : null;
}

export interface BodyPart {
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

/** What is wrong with a multipart body, in words; nothing is guessed or mended. */
export class MultipartFault extends Error {
  override readonly name = "MultipartFault";
}

const CRLF = "\r\n";
const HEADER = new RegExp(`^(${TOKEN}):[ \\t]*(.*?)[ \\t]*$`);

/**
 * The parts of a multipart body, byte for byte (RFC 2046 5.1.1): exact CRLF, no preamble, no padding behind a delimiter, and a final
 * delimiter with nothing but one line break behind it. A body of the final delimiter alone has no parts.
 * @throws MultipartFault
 */
export function partsOf(body: Buffer, boundary: string): BodyPart[] {
  const delimiter = `--${boundary}`;
  const closing = `${CRLF}${delimiter}--`;
  if (isEnd(body, 0, closing) || isEnd(body, 0, closing.slice(CRLF.length))) return [];
  if (!startsAt(body, 0, delimiter + CRLF)) throw new MultipartFault("the body does not begin with the boundary");
  const parts: BodyPart[] = [];
  for (let at = delimiter.length + CRLF.length; ; ) {
    const { headers, next } = headersAt(body, at);
    const end = body.indexOf(CRLF + delimiter, next);
    if (end < 0) throw new MultipartFault("a part has no end: the closing boundary is missing");
    const bytes = new Uint8Array(body.subarray(next, end));
    const stated = headers.get("content-length");
    if (stated !== undefined && stated !== String(bytes.length))
      throw new MultipartFault("a part's Content-Length is not its length");
    parts.push({ headers, bytes });
    if (isEnd(body, end, closing)) return parts;
    at = end + CRLF.length + delimiter.length + CRLF.length;
    if (!startsAt(body, at - CRLF.length, CRLF)) throw new MultipartFault("a boundary is not followed by a line break");
  }
}

const text = (body: Buffer, from: number, length: number) => body.subarray(from, from + length).toString("latin1");
const startsAt = (body: Buffer, at: number, expected: string) => text(body, at, expected.length) === expected;
const isEnd = (body: Buffer, at: number, closing: string) =>
  startsAt(body, at, closing) && ["", CRLF].includes(text(body, at + closing.length, body.length));

function headersAt(body: Buffer, from: number): { headers: Map<string, string>; next: number } {
  const headers = new Map<string, string>();
  for (let at = from; ; ) {
    const end = body.indexOf(CRLF, at);
    if (end < 0 || end - at > 8192) throw new MultipartFault("a part's headers have no end");
    const line = text(body, at, end - at);
    at = end + CRLF.length;
    if (line === "") return { headers, next: at };
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new MultipartFault("a part has a line that is no header");
    headers.set(name.toLowerCase(), value);
  }
}
