/** The value of one top-level element as it stands in the file. */
export interface RawValue {
  readonly bytes: Buffer;
  /** Full length in bytes; more than `bytes` holds where the value was too long to keep. */
  readonly length: number;
  readonly littleEndian: boolean;
}

export interface PixelElement {
  readonly tag: number;
  /** Bytes of the value, or of all fragments but the first (the offset table). */
  length: number;
  /** Fragments without the offset table; null for native pixel data. */
  fragments: number | null;
}

export interface DataSet {
  readonly values: ReadonlyMap<number, RawValue>;
  readonly pixels: PixelElement | null;
  /** A sequence of stated length is broken inside; all around it could be read. */
  readonly brokenSequence: boolean;
}
