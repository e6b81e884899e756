import { inflateRawSync } from "node:zlib";

/** A small reader for well-formed Part 10 files, on purpose not the product's own: a second opinion. */
export interface DicomFile {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly transferSyntaxUID: string;
  /** Null where the attribute is not there at all. */
  readonly patientID: string | null;
  readonly dataSetOffset: number;
}

const LONG = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const UNDEFINED = 0xffffffff;
const IMPLICIT_LE = "1.2.840.10008.1.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const EXPLICIT_BE = "1.2.840.10008.1.2.2";

interface Element {
  readonly tag: number;
  readonly length: number;
  readonly valueAt: number;
}

export class Reader {
  readonly #view: DataView;
  constructor(
    readonly bytes: Uint8Array,
    readonly implicit: boolean,
    readonly little: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  element(at: number): Element | null {
    if (at + 8 > this.bytes.length) return null;
    const tag = ((this.#view.getUint16(at, this.little) << 16) | this.#view.getUint16(at + 2, this.little)) >>> 0;
    if (this.implicit || tag >>> 16 === 0xfffe) {
      return { tag, length: this.#view.getUint32(at + 4, this.little), valueAt: at + 8 };
    }
    const vr = this.text(at + 4, 2);
    return LONG.has(vr)
      ? { tag, length: this.#view.getUint32(at + 8, this.little), valueAt: at + 12 }
      : { tag, length: this.#view.getUint16(at + 6, this.little), valueAt: at + 8 };
  }

  /** Where the next element begins; walks items of undefined length. */
  after(element: Element): number {
    if (element.length !== UNDEFINED) return element.valueAt + element.length;
    let at = element.valueAt;
    for (let inner = this.element(at); inner !== null; inner = this.element(at)) {
      at = inner.tag === 0xfffee000 && inner.length === UNDEFINED ? this.after(inner) : this.after(inner);
      if (inner.tag === 0xfffee0dd || inner.tag === 0xfffee00d) return at;
    }
    return this.bytes.length;
  }

  text(at: number, length: number): string {
    return Buffer.from(this.bytes.subarray(at, at + length))
      .toString("latin1")
      .replace(/[\0 ]+$/, "");
  }
}

/** The File Meta Information as text by tag, and where the data set behind it begins. @throws Error where DICM is missing */
export function readMeta(bytes: Uint8Array): { found: Map<number, string>; dataSetOffset: number } {
  if (Buffer.from(bytes.subarray(128, 132)).toString("latin1") !== "DICM") throw new Error("no Part 10 file");
  const meta = new Reader(bytes, false, true);
  const found = new Map<number, string>();
  let at = 132;
  for (let element = meta.element(at); element && element.tag >>> 16 === 2; element = meta.element(at)) {
    found.set(element.tag, meta.text(element.valueAt, element.length));
    at = meta.after(element);
  }
  return { found, dataSetOffset: at };
}

/** @throws Error where the bytes are no well-formed Part 10 object with its UIDs. */
export function readDicom(bytes: Uint8Array): DicomFile {
  const { found, dataSetOffset } = readMeta(bytes);
  const transferSyntaxUID = found.get(0x00020010) ?? "";
  const body = bytes.subarray(dataSetOffset);
  const plain = transferSyntaxUID === DEFLATED ? new Uint8Array(inflateRawSync(body)) : body;
  const set = new Reader(plain, transferSyntaxUID === IMPLICIT_LE, transferSyntaxUID !== EXPLICIT_BE);
  let at = 0;
  for (let element = set.element(at); element && element.tag <= 0x0020000e; element = set.element(at)) {
    if (element.length !== UNDEFINED) found.set(element.tag, set.text(element.valueAt, Math.min(element.length, 64)));
    at = set.after(element);
  }
  const uid = (tag: number) => {
    const value = found.get(tag);
    if (!value) throw new Error(`no ${tag.toString(16).padStart(8, "0")}`);
    return value;
  };
  return {
    sopClassUID: uid(0x00080016),
    sopInstanceUID: uid(0x00080018),
    studyInstanceUID: uid(0x0020000d),
    seriesInstanceUID: uid(0x0020000e),
    transferSyntaxUID,
    patientID: found.get(0x00100020) ?? null,
    dataSetOffset,
  };
}
