import { type ByteReader, FileReader, withFile } from "./byte-reader.ts";
import { corrupt, cutShort, itemDelimitation, itemTag, sequenceDelimitation, undefinedLength } from "./element.ts";
import { vrOfAttribute } from "./value-representations.ts";
import { tagAndLength } from "./write-elements.ts";

/** A run of bytes: written anew, or a range of the file as it is. */
export type Stretch = Uint8Array | { readonly from: number; readonly length: number };

/** A data set in another encoding, its values where they were. */
export interface Reencoded {
  readonly stretches: readonly Stretch[];
  /** Bytes in all. */
  readonly length: number;
}

/** VRs with a 16-bit length (PS3.5 7.1.2, table 7.1-2). */
const SHORT = new Set("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" "));
const PIXEL_REPRESENTATION = 0x00280103;
/** Values up to here are copied among the headers; longer ones stay in the file. */
const COPIED_BYTES = 4096;
const MOST_DEPTH = 64;

interface Frame {
  readonly kind: "set" | "sequence" | "item";
  /** Position behind it; Infinity where a delimiter ends it. */
  readonly end: number;
  signed: boolean;
}

/**
 * An Implicit VR Little Endian data set as Explicit VR Little Endian (PS3.5 A.1, A.2): every value stays, byte for byte. VRs come from
 * the dictionary; what it does not know is UN (PS3.5 6.2.2). Sequences and items get delimiters, for their lengths change; group
 * lengths, retired and wrong after that, are left out (PS3.5 7.2).
 * @throws Malformed where the data set cannot be read
 */
export const asExplicitVR = (path: string, dataSetOffset: number): Promise<Reencoded> =>
  withFile(path, async (file) => {
    const reader = new FileReader(file);
    await reader.skip(dataSetOffset);
    return new Reencoding(reader).run();
  });

class Reencoding {
  readonly #stretches: Stretch[] = [];
  #headers: Uint8Array[] = [];
  #length = 0;
  readonly #frames: Frame[];

  constructor(private readonly reader: ByteReader) {
    this.#frames = [{ kind: "set", end: reader.size, signed: false }];
  }

  async run(): Promise<Reencoded> {
    while (this.#frames.length > 0) await this.#step();
    this.#flush();
    return { stretches: this.#stretches, length: this.#length };
  }

  get #top(): Frame {
    return this.#frames.at(-1) as Frame;
  }

  async #step(): Promise<void> {
    const { reader } = this;
    const top = this.#top;
    if (reader.position >= top.end) return this.#close(top);
    if (!(await reader.need(8))) {
      if (top.kind !== "set") throw cutShort("inside a sequence");
      // Zeros up to a disk sector: no elements (src/dicom/walk.ts), and nothing that goes on.
      return void this.#frames.pop();
    }
    const { view, start } = reader;
    const tag = view.getUint16(start, true) * 0x10000 + view.getUint16(start + 2, true);
    const length = view.getUint32(start + 4, true);
    if (tag === 0 && length === 0 && top.kind === "set") return void this.#frames.pop();
    reader.start += 8;
    if (top.kind === "sequence") return this.#item(tag, length);
    if (tag === itemDelimitation) return this.#close(top);
    if (tag >>> 16 === 0xfffe) throw corrupt("a delimiter stands where an element should");
    return this.#element(tag, length, top);
  }

  #item(tag: number, length: number): undefined {
    if (tag === sequenceDelimitation) return this.#close(this.#top);
    if (tag !== itemTag) throw corrupt("a sequence holds something that is no item");
    this.#write(tagAndLength(itemTag, undefinedLength));
    this.#open("item", length);
  }

  async #element(tag: number, length: number, top: Frame): Promise<void> {
    const known = vrOfAttribute(tag);
    // In Implicit VR nothing but a sequence has an undefined length (PS3.5 7.1.3).
    if (length === undefinedLength || known === "SQ") {
      this.#write(header(tag, "SQ", undefinedLength));
      return this.#open("sequence", length);
    }
    if (this.reader.position + length > Math.min(top.end, this.reader.size)) throw cutShort("inside an element");
    if ((tag & 0xffff) === 0) return this.#pass(length);
    const said = known === "xs" ? (top.signed ? "SS" : "US") : (known ?? "UN");
    // PS3.5 6.2.2: a value too long for the 16-bit length of its VR is UN.
    const vr = SHORT.has(said) && length > 0xfffe ? "UN" : said;
    this.#write(header(tag, vr, length));
    if (length > COPIED_BYTES) return this.#leave(length);
    if (!(await this.reader.need(length))) throw cutShort("inside an element");
    const value = this.reader.bytes.slice(this.reader.start, this.reader.start + length);
    if (tag === PIXEL_REPRESENTATION) top.signed = value[0] === 1;
    this.#write(value);
    this.reader.start += length;
  }

  #open(kind: "sequence" | "item", length: number): undefined {
    if (this.#frames.length >= MOST_DEPTH) throw corrupt("its sequences are too deep");
    const { position } = this.reader;
    const end = length === undefinedLength ? Number.POSITIVE_INFINITY : position + length;
    if (end !== Number.POSITIVE_INFINITY && end > this.#top.end)
      throw corrupt("an element is longer than what holds it");
    this.#frames.push({ kind, end, signed: this.#top.signed });
  }

  #close(frame: Frame): undefined {
    this.#frames.pop();
    if (frame.kind === "item") this.#write(tagAndLength(itemDelimitation, 0));
    if (frame.kind === "sequence") this.#write(tagAndLength(sequenceDelimitation, 0));
  }

  #write(bytes: Uint8Array): void {
    this.#headers.push(bytes);
    this.#length += bytes.length;
  }

  /** The value stays in the file. */
  async #leave(length: number): Promise<void> {
    this.#flush();
    this.#stretches.push({ from: this.reader.position, length });
    this.#length += length;
    await this.#pass(length);
  }

  async #pass(length: number): Promise<void> {
    if (!(await this.reader.skip(length))) throw cutShort("inside an element");
  }

  #flush(): void {
    if (this.#headers.length > 0) this.#stretches.push(new Uint8Array(Buffer.concat(this.#headers)));
    this.#headers = [];
  }
}

/** PS3.5 7.1.2: a 16-bit length, or two reserved bytes and a 32-bit one. */
function header(tag: number, vr: string, length: number): Uint8Array {
  const bytes = Buffer.alloc(SHORT.has(vr) ? 8 : 12);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.write(vr, 4, "latin1");
  if (SHORT.has(vr)) bytes.writeUInt16LE(length, 6);
  else bytes.writeUInt32LE(length, 8);
  return bytes;
}
