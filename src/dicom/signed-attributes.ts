import { FileReader, withFile } from "./byte-reader.ts";
import { cutShort, type ElementEncoding } from "./element.ts";
import { type Pause, Walk } from "./walk.ts";

const macParameters = 0x4ffe0001;
const dataElementsSigned = 0x04000020;
/** Tags that one signature names at most, in bytes of four; more cannot be the attributes of a data set. */
const mostNamed = 80_000;

/** Walks to the MAC Parameters Sequence and notes what its items name. */
class SignedWalk extends Walk {
  readonly signed = new Set<number>();

  constructor(reader: FileReader, encoding: ElementEncoding) {
    super(reader, encoding, 2, 10_000_000);
  }

  protected override value(tag: number, _vr: number, length: number): Pause {
    if (this.frames.top.tag !== macParameters || tag !== dataElementsSigned || length > mostNamed)
      return this.skip(length, "inside an element");
    return this.note(length);
  }

  /** What comes behind signs nothing of the data set itself. */
  protected override opened(depth: number): Pause {
    if (depth === 1) this.ended = this.frames.top.tag > macParameters;
    return undefined;
  }

  private async note(length: number): Promise<void> {
    if (!(await this.reader.need(length))) throw cutShort("inside an element");
    const bytes = this.reader.copy(length);
    // PS3.5 6.2: AT is pairs of 16 bits, group first.
    for (let at = 0; at + 4 <= length; at += 4)
      this.signed.add(((bytes.readUInt16LE(at) << 16) | bytes.readUInt16LE(at + 2)) >>> 0);
    this.reader.start += length;
  }
}

/**
 * The attributes of a data set itself that its digital signatures cover, by tag (PS3.3 C.12.1.1.3.1.1). Signatures inside a
 * sequence's items cover those items alone.
 * @throws Malformed where the data set cannot be read
 */
export const signedAttributes = (
  path: string,
  dataSetOffset: number,
  encoding: "explicit-le" | "implicit-le",
): Promise<ReadonlySet<number>> =>
  withFile(path, async (file) => {
    const reader = new FileReader(file);
    await reader.skip(dataSetOffset);
    const walk = new SignedWalk(reader, encoding);
    await walk.run();
    return walk.signed;
  });
