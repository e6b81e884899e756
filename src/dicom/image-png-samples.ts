import { corruptImage } from "./image-file.ts";
import type { PngHeader } from "./image-png-header.ts";

/** What PLTE and tRNS hold; empty where the picture has none (PNG 11.2.2, 11.3.1.1). */
export interface PngTables {
  readonly palette: Buffer;
  readonly transparency: Buffer;
}

/** How the pixels are stored in DICOM: exact, but for 16 bits a colour and for what is transparent. */
export interface StoredPixels {
  readonly samplesPerPixel: 1 | 3;
  readonly bitsAllocated: 8 | 16;
  readonly bytesPerPixel: number;
}

/** 16-bit gray stays 16 bits; gray of fewer bits is spread over 8, as all viewers do. */
export function storedPixels({ colour, bits }: PngHeader): StoredPixels {
  if (colour !== "gray" && colour !== "gray-alpha") return { samplesPerPixel: 3, bitsAllocated: 8, bytesPerPixel: 3 };
  const bitsAllocated = bits === 16 ? 16 : 8;
  return { samplesPerPixel: 1, bitsAllocated, bytesPerPixel: bitsAllocated / 8 };
}

/** Turns rows of samples into stored pixels, little endian; what is transparent is laid on black. */
export class SampleConverter {
  /** Something was not wholly opaque. */
  transparent = false;
  private readonly row: (row: Uint8Array, pixels: number, out: Buffer) => void;

  constructor(
    private readonly header: PngHeader,
    private readonly tables: PngTables,
  ) {
    this.row = {
      gray: this.gray,
      "gray-alpha": this.grayAlpha,
      rgb: this.rgb,
      rgba: this.rgba,
      palette: this.palette,
    }[header.colour].bind(this);
  }

  convert(row: Uint8Array, pixels: number, out: Buffer): void {
    this.row(row, pixels, out);
  }

  /** The sample at an index; 16 bits are big endian, fewer than 8 start at the left (PNG 7.2). */
  private sample(row: Uint8Array, index: number): number {
    const { bits } = this.header;
    if (bits === 8) return row[index] ?? 0;
    if (bits === 16) return ((row[2 * index] ?? 0) << 8) | (row[2 * index + 1] ?? 0);
    const at = index * bits;
    return ((row[at >> 3] ?? 0) >> (8 - bits - (at & 7))) & ((1 << bits) - 1);
  }

  private put(out: Buffer, index: number, value: number): void {
    if (this.header.bits === 16) out.writeUInt16LE(value, 2 * index);
    else out[index] = value;
  }

  private gray(row: Uint8Array, pixels: number, out: Buffer): void {
    const { bits } = this.header;
    const key = this.key(0);
    if (bits === 8 && key === -1) {
      out.set(row.subarray(0, pixels));
      return;
    }
    const spread = bits < 8 ? 255 / ((1 << bits) - 1) : 1;
    for (let index = 0; index < pixels; index++) {
      const value = this.sample(row, index);
      if (value === key) this.transparent = true;
      this.put(out, index, value === key ? 0 : value * spread);
    }
  }

  private grayAlpha(row: Uint8Array, pixels: number, out: Buffer): void {
    for (let index = 0; index < pixels; index++)
      this.put(out, index, this.onBlack(this.sample(row, 2 * index), this.sample(row, 2 * index + 1)));
  }

  private rgb(row: Uint8Array, pixels: number, out: Buffer): void {
    const key = [this.key(0), this.key(1), this.key(2)];
    if (this.header.bits === 8 && key[0] === -1) {
      out.set(row.subarray(0, 3 * pixels));
      return;
    }
    for (let at = 0; at < 3 * pixels; at += 3) {
      const colour = [this.sample(row, at), this.sample(row, at + 1), this.sample(row, at + 2)];
      const hidden = colour.every((value, index) => value === key[index]);
      if (hidden) this.transparent = true;
      for (let index = 0; index < 3; index++) out[at + index] = hidden ? 0 : this.toByte(colour[index] ?? 0);
    }
  }

  private rgba(row: Uint8Array, pixels: number, out: Buffer): void {
    for (let index = 0; index < pixels; index++) {
      const from = 4 * index;
      const alpha = this.sample(row, from + 3);
      for (let part = 0; part < 3; part++)
        out[3 * index + part] = this.toByte(this.onBlack(this.sample(row, from + part), alpha));
    }
  }

  private palette(row: Uint8Array, pixels: number, out: Buffer): void {
    const { palette, transparency } = this.tables;
    for (let index = 0; index < pixels; index++) {
      const entry = this.sample(row, index);
      if (3 * entry >= palette.length) throw corruptImage("it uses a colour that it does not define");
      const alpha = transparency[entry] ?? 255;
      for (let part = 0; part < 3; part++) out[3 * index + part] = this.onBlack(palette[3 * entry + part] ?? 0, alpha);
    }
  }

  private onBlack(value: number, alpha: number): number {
    const most = this.header.bits === 16 ? 65_535 : 255;
    if (alpha === most) return value;
    this.transparent = true;
    return Math.round((value * alpha) / most);
  }

  private toByte(value: number): number {
    return this.header.bits === 16 ? Math.round(value / 257) : value;
  }

  /** The one transparent gray or colour; -1 where there is none. */
  private key(part: number): number {
    const { transparency } = this.tables;
    return transparency.length >= 2 * part + 2 ? transparency.readUInt16BE(2 * part) : -1;
  }
}

const paeth = (left: number, above: number, corner: number): number => {
  const estimate = left + above - corner;
  const [toLeft, toAbove, toCorner] = [
    Math.abs(estimate - left),
    Math.abs(estimate - above),
    Math.abs(estimate - corner),
  ];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
};

/** Undoes a row's filter in place (PNG 9.2); `step` is a pixel's bytes, at least 1. @throws RelayError image_corrupt */
export function unfilter(type: number, row: Uint8Array, above: Uint8Array, step: number): void {
  if (type > 4) throw corruptImage("its data makes no sense");
  if (type === 0) return;
  for (let at = 0; at < row.length; at++) {
    const left = at < step ? 0 : (row[at - step] ?? 0);
    const up = above[at] ?? 0;
    const corner = at < step ? 0 : (above[at - step] ?? 0);
    const guess = type === 1 ? left : type === 2 ? up : type === 3 ? (left + up) >> 1 : paeth(left, up, corner);
    row[at] = (row[at] ?? 0) + guess;
  }
}
