/** How the data set is written: PS3.5 A.1 to A.5. `deflated` is Explicit VR Little Endian behind RFC 1951. */
export type DataSetEncoding = "implicit-le" | "explicit-le" | "explicit-be" | "deflated";

export interface TransferSyntax {
  readonly name: string;
  readonly encoding: DataSetEncoding;
  /** Pixel Data stands in fragments (PS3.5 A.4). */
  readonly encapsulated: boolean;
  /** Retired, or so new that many archives cannot show it: sent, with a warning. */
  readonly rare: boolean;
  /** Many frames may share one fragment (PS3.5 8.2.5 onwards). */
  readonly video: boolean;
  /** Pixel Data is not in the file: a JPIP server or a live stream holds it. */
  readonly referenced: boolean;
}

const native = { encapsulated: false, rare: false, video: false, referenced: false } as const;
const fragments = { ...native, encoding: "explicit-le", encapsulated: true } as const;
const rareFragments = { ...fragments, rare: true } as const;
const video = { ...fragments, video: true } as const;
const rareVideo = { ...video, rare: true } as const;
const referenced = { ...native, encoding: "explicit-le", rare: true, referenced: true } as const;

/** Transfer syntaxes of PS3.6 A-1 that a file can be in, with those of PS3.5 2025. */
export const transferSyntaxes: ReadonlyMap<string, TransferSyntax> = new Map<string, TransferSyntax>([
  ["1.2.840.10008.1.2", { ...native, name: "Implicit VR Little Endian", encoding: "implicit-le" }],
  ["1.2.840.10008.1.2.1", { ...native, name: "Explicit VR Little Endian", encoding: "explicit-le" }],
  ["1.2.840.10008.1.2.1.98", { ...rareFragments, name: "Encapsulated Uncompressed Explicit VR Little Endian" }],
  ["1.2.840.10008.1.2.1.99", { ...native, name: "Deflated Explicit VR Little Endian", encoding: "deflated" }],
  ["1.2.840.10008.1.2.2", { ...native, name: "Explicit VR Big Endian", encoding: "explicit-be" }],
  ["1.2.840.10008.1.2.4.50", { ...fragments, name: "JPEG Baseline (Process 1)" }],
  ["1.2.840.10008.1.2.4.51", { ...fragments, name: "JPEG Extended (Process 2 and 4)" }],
  ["1.2.840.10008.1.2.4.52", { ...rareFragments, name: "JPEG Extended (Process 3 and 5)" }],
  ["1.2.840.10008.1.2.4.53", { ...rareFragments, name: "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)" }],
  ["1.2.840.10008.1.2.4.54", { ...rareFragments, name: "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)" }],
  ["1.2.840.10008.1.2.4.55", { ...rareFragments, name: "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)" }],
  ["1.2.840.10008.1.2.4.56", { ...rareFragments, name: "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)" }],
  ["1.2.840.10008.1.2.4.57", { ...fragments, name: "JPEG Lossless, Non-Hierarchical (Process 14)" }],
  ["1.2.840.10008.1.2.4.58", { ...rareFragments, name: "JPEG Lossless, Non-Hierarchical (Process 15)" }],
  ["1.2.840.10008.1.2.4.59", { ...rareFragments, name: "JPEG Extended, Hierarchical (Process 16 and 18)" }],
  ["1.2.840.10008.1.2.4.60", { ...rareFragments, name: "JPEG Extended, Hierarchical (Process 17 and 19)" }],
  ["1.2.840.10008.1.2.4.61", { ...rareFragments, name: "JPEG Spectral Selection, Hierarchical (Process 20 and 22)" }],
  ["1.2.840.10008.1.2.4.62", { ...rareFragments, name: "JPEG Spectral Selection, Hierarchical (Process 21 and 23)" }],
  ["1.2.840.10008.1.2.4.63", { ...rareFragments, name: "JPEG Full Progression, Hierarchical (Process 24 and 26)" }],
  ["1.2.840.10008.1.2.4.64", { ...rareFragments, name: "JPEG Full Progression, Hierarchical (Process 25 and 27)" }],
  ["1.2.840.10008.1.2.4.65", { ...rareFragments, name: "JPEG Lossless, Hierarchical (Process 28)" }],
  ["1.2.840.10008.1.2.4.66", { ...rareFragments, name: "JPEG Lossless, Hierarchical (Process 29)" }],
  [
    "1.2.840.10008.1.2.4.70",
    { ...fragments, name: "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])" },
  ],
  ["1.2.840.10008.1.2.4.80", { ...fragments, name: "JPEG-LS Lossless" }],
  ["1.2.840.10008.1.2.4.81", { ...fragments, name: "JPEG-LS Lossy (Near-Lossless)" }],
  ["1.2.840.10008.1.2.4.90", { ...fragments, name: "JPEG 2000 (Lossless Only)" }],
  ["1.2.840.10008.1.2.4.91", { ...fragments, name: "JPEG 2000" }],
  ["1.2.840.10008.1.2.4.92", { ...rareFragments, name: "JPEG 2000 Part 2 Multi-component (Lossless Only)" }],
  ["1.2.840.10008.1.2.4.93", { ...rareFragments, name: "JPEG 2000 Part 2 Multi-component" }],
  ["1.2.840.10008.1.2.4.94", { ...referenced, name: "JPIP Referenced" }],
  ["1.2.840.10008.1.2.4.95", { ...referenced, name: "JPIP Referenced Deflate", encoding: "deflated" }],
  ["1.2.840.10008.1.2.4.100", { ...video, name: "MPEG2 Main Profile / Main Level" }],
  ["1.2.840.10008.1.2.4.100.1", { ...rareVideo, name: "Fragmentable MPEG2 Main Profile / Main Level" }],
  ["1.2.840.10008.1.2.4.101", { ...video, name: "MPEG2 Main Profile / High Level" }],
  ["1.2.840.10008.1.2.4.101.1", { ...rareVideo, name: "Fragmentable MPEG2 Main Profile / High Level" }],
  ["1.2.840.10008.1.2.4.102", { ...video, name: "MPEG-4 AVC/H.264 High Profile / Level 4.1" }],
  ["1.2.840.10008.1.2.4.102.1", { ...rareVideo, name: "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1" }],
  ["1.2.840.10008.1.2.4.103", { ...video, name: "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1" }],
  [
    "1.2.840.10008.1.2.4.103.1",
    { ...rareVideo, name: "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1" },
  ],
  ["1.2.840.10008.1.2.4.104", { ...video, name: "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video" }],
  [
    "1.2.840.10008.1.2.4.104.1",
    { ...rareVideo, name: "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video" },
  ],
  ["1.2.840.10008.1.2.4.105", { ...video, name: "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video" }],
  [
    "1.2.840.10008.1.2.4.105.1",
    { ...rareVideo, name: "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video" },
  ],
  ["1.2.840.10008.1.2.4.106", { ...video, name: "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2" }],
  [
    "1.2.840.10008.1.2.4.106.1",
    { ...rareVideo, name: "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2" },
  ],
  ["1.2.840.10008.1.2.4.107", { ...video, name: "HEVC/H.265 Main Profile / Level 5.1" }],
  ["1.2.840.10008.1.2.4.108", { ...video, name: "HEVC/H.265 Main 10 Profile / Level 5.1" }],
  ["1.2.840.10008.1.2.4.110", { ...rareFragments, name: "JPEG XL Lossless" }],
  ["1.2.840.10008.1.2.4.111", { ...rareFragments, name: "JPEG XL JPEG Recompression" }],
  ["1.2.840.10008.1.2.4.112", { ...rareFragments, name: "JPEG XL" }],
  ["1.2.840.10008.1.2.4.201", { ...fragments, name: "High-Throughput JPEG 2000 (Lossless Only)" }],
  ["1.2.840.10008.1.2.4.202", { ...fragments, name: "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)" }],
  ["1.2.840.10008.1.2.4.203", { ...fragments, name: "High-Throughput JPEG 2000" }],
  ["1.2.840.10008.1.2.4.204", { ...referenced, name: "JPIP HTJ2K Referenced" }],
  ["1.2.840.10008.1.2.4.205", { ...referenced, name: "JPIP HTJ2K Referenced Deflate", encoding: "deflated" }],
  ["1.2.840.10008.1.2.5", { ...fragments, name: "RLE Lossless" }],
  ["1.2.840.10008.1.2.7.1", { ...referenced, name: "SMPTE ST 2110-20 Uncompressed Progressive Active Video" }],
  ["1.2.840.10008.1.2.7.2", { ...referenced, name: "SMPTE ST 2110-20 Uncompressed Interlaced Active Video" }],
  ["1.2.840.10008.1.2.7.3", { ...referenced, name: "SMPTE ST 2110-30 PCM Digital Audio" }],
  ["1.2.840.10008.1.2.8.1", { ...rareFragments, name: "Deflated Image Frame Compression" }],
  [
    "1.2.840.10008.1.20",
    { ...native, name: "Papyrus 3 Implicit VR Little Endian", encoding: "implicit-le", rare: true },
  ],
]);
