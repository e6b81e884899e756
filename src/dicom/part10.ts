import { type ElementEncoding, isKnownVR } from "./element.ts";

/** Where things stand in a file that may be DICOM (PS3.10 7.1). */
export type Layout =
  /** File Meta Information at `metaOffset`; `preamble`: 128 bytes and DICM stand before it, as they should. */
  | { readonly kind: "part10"; readonly metaOffset: number; readonly preamble: boolean }
  /** A data set without File Meta Information, its encoding guessed by content. */
  | { readonly kind: "bare"; readonly offset: number; readonly transferSyntaxUID: string }
  | { readonly kind: "dicomdir" | "truncated" | "corrupt" | "not_dicom" };

/** Bytes from the start of the file that {@link layoutOf} looks at. */
export const layoutBytes = 160;

const dicmAt = (bytes: Uint8Array, offset: number): boolean =>
  Buffer.from(bytes.subarray(offset, offset + 4)).toString("latin1") === "DICM";

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Tells by content whether a file is DICOM. Pure. @param head its first {@link layoutBytes} bytes @param size its length */
export function layoutOf(head: Uint8Array, size: number): Layout {
  if (dicmAt(head, 128)) {
    if (size === 132) return { kind: "truncated" };
    if (isMeta(head, 132)) return { kind: "part10", metaOffset: 132, preamble: true };
    // The four letters may stand there by chance, in the data of a bare data set.
    return bare(head, 0, size) ?? bare(head, 132, size) ?? { kind: size < 140 ? "truncated" : "corrupt" };
  }
  if (dicmAt(head, 0) && isMeta(head, 4)) return { kind: "part10", metaOffset: 4, preamble: false };
  if (isMeta(head, 0)) return { kind: "part10", metaOffset: 0, preamble: false };
  return bare(head, 0, size) ?? { kind: "not_dicom" };
}

/** An element of group 2 with a VR, or in implicit VR its group length. */
function isMeta(bytes: Uint8Array, at: number): boolean {
  if (bytes.length < at + 8) return false;
  const view = viewOf(bytes);
  if (view.getUint16(at, true) !== 2 || view.getUint16(at + 2, true) > 0x0102) return false;
  return (
    isKnownVR(view.getUint16(at + 4)) || (view.getUint16(at + 2, true) === 0 && view.getUint32(at + 4, true) === 4)
  );
}

const bareSyntaxes: Readonly<Record<ElementEncoding, string>> = {
  "explicit-le": "1.2.840.10008.1.2.1",
  "explicit-be": "1.2.840.10008.1.2.2",
  "implicit-le": "1.2.840.10008.1.2",
};

/** Guesses a data set without meta: it starts in group 8 (a DICOMDIR in group 4), with an attribute of the general modules. */
function bare(bytes: Uint8Array, at: number, size: number): Layout | null {
  if (bytes.length < at + 16) return null;
  const view = viewOf(bytes);
  for (const encoding of ["explicit-le", "explicit-be", "implicit-le"] as const) {
    const little = encoding !== "explicit-be";
    const group = view.getUint16(at, little);
    const element = view.getUint16(at + 2, little);
    if ((group !== 8 && group !== 4) || element > (group === 8 ? 0x0060 : 0x1220)) continue;
    const explicit = encoding !== "implicit-le";
    if (explicit !== isKnownVR(view.getUint16(at + 4))) continue;
    const length = explicit ? view.getUint16(at + 6, little) : view.getUint32(at + 4, true);
    if (length > Math.min(0xffff, size - at - 8)) continue;
    if (group === 4) return { kind: "dicomdir" };
    return { kind: "bare", offset: at, transferSyntaxUID: bareSyntaxes[encoding] };
  }
  return null;
}

const signatures: readonly (readonly number[])[] = [
  [0x4d, 0x5a], // MZ: Windows program
  [0x7f, 0x45, 0x4c, 0x46], // ELF
  [0xfe, 0xed, 0xfa, 0xce], // Mach-O, 32 and 64 bits, both byte orders, fat
  [0xfe, 0xed, 0xfa, 0xcf],
  [0xce, 0xfa, 0xed, 0xfe],
  [0xcf, 0xfa, 0xed, 0xfe],
  [0xca, 0xfe, 0xba, 0xbe],
  [0x50, 0x4b], // PK: ZIP
  [0x23, 0x21], // #!: script
  [0x52, 0x61, 0x72, 0x21], // Rar!
  [0x37, 0x7a, 0xbc, 0xaf], // 7z
];

/** Whether a preamble makes the file a program or an archive at the same time. TIFF is allowed (PS3.10 7.1). */
export const isForeignPreamble = (head: Uint8Array): boolean =>
  signatures.some((signature) => signature.every((byte, index) => head[index] === byte));
