/** Writes the bytes of DICOM files for the tests, sound or broken as asked. Little endian. */

const long = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);

const padded = (text: string, pad: string): Buffer => Buffer.from(text.length % 2 === 0 ? text : text + pad, "latin1");

export const undefinedLength = 0xffffffff;

/** An element of Explicit VR; `length` lies where it is given. */
export function element(tag: number, vr: string, value: Uint8Array | string = "", length?: number): Buffer {
  const bytes = typeof value === "string" ? padded(value, vr === "UI" ? "\0" : " ") : Buffer.from(value);
  const head = Buffer.alloc(long.has(vr) ? 12 : 8);
  writeTag(head, tag);
  head.write(vr, 4, "latin1");
  if (long.has(vr)) head.writeUInt32LE(length ?? bytes.length, 8);
  else head.writeUInt16LE(length ?? bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

/** An element of Implicit VR, an item or a delimiter. */
export function implicitElement(tag: number, value: Uint8Array | string = "", length?: number): Buffer {
  const bytes = typeof value === "string" ? padded(value, " ") : Buffer.from(value);
  const head = Buffer.alloc(8);
  writeTag(head, tag);
  head.writeUInt32LE(length ?? bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

export const short = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

const itemTag = 0xfffee000;
export const openItem = implicitElement(itemTag, "", undefinedLength);
export const item = (...content: readonly Buffer[]): Buffer => implicitElement(itemTag, Buffer.concat(content));
export const endOfItem = implicitElement(0xfffee00d);
export const endOfSequence = implicitElement(0xfffee0dd);

export const secondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
export const explicitLE = "1.2.840.10008.1.2.1";

/** Preamble, DICM and meta that agree with {@link identity}. */
export function head(transferSyntaxUID = explicitLE, preamble: Uint8Array = new Uint8Array(128)): Buffer {
  const group = Buffer.concat([
    element(0x00020002, "UI", secondaryCapture),
    element(0x00020003, "UI", "1.2.3.4"),
    element(0x00020010, "UI", transferSyntaxUID),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(group.length);
  return Buffer.concat([preamble, Buffer.from("DICM"), element(0x00020000, "UL", length), group]);
}

/** What every instance has, in Explicit VR. */
export const identity = Buffer.concat([
  element(0x00080016, "UI", secondaryCapture),
  element(0x00080018, "UI", "1.2.3.4"),
  element(0x00080060, "CS", "OT"),
  element(0x00100010, "PN", "MADE^UP"),
  element(0x00100020, "LO", "MADE"),
  element(0x0020000d, "UI", "1.2.3"),
  element(0x0020000e, "UI", "1.2.3.1"),
]);

/** The image description. */
export const description = (
  rows: number,
  columns: number,
  frames = 1,
  bits = 16,
  photometric = "MONOCHROME2",
): Buffer =>
  Buffer.concat([
    element(0x00280002, "US", short(photometric.startsWith("MONO") ? 1 : 3)),
    element(0x00280004, "CS", photometric),
    element(0x00280008, "IS", String(frames)),
    element(0x00280010, "US", short(rows)),
    element(0x00280011, "US", short(columns)),
    element(0x00280100, "US", short(bits)),
  ]);

/** The header of native pixel data whose bytes come after. */
export const pixelHeader = (length: number): Buffer => element(0x7fe00010, "OW", "", length);

function writeTag(bytes: Buffer, tag: number): void {
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
}
