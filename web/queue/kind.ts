/** What a chosen file is by its content; the box looks again, and its word counts (src/intake/sniff.ts). */
export type Kind = "dicom" | "zip" | "archive" | "picture" | "clutter" | "unreadable";

const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
const starts =
  (...texts: string[]) =>
  (head: Uint8Array) =>
    texts.some((text) => ascii(head, 0, text.length) === text);

/** In this order: a preamble may hold another format's signature (PS3.10 7.1), so DICM comes first. */
const kinds: readonly (readonly [Kind, (head: Uint8Array) => boolean])[] = [
  ["dicom", (head) => ascii(head, 128, 132) === "DICM"],
  ["zip", starts("PK\x03\x04", "PK\x05\x06", "PK\x07\x08PK\x03\x04", "PK00PK\x03\x04")],
  ["archive", starts("Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c", "\x1f\x8b\x08")],
  ["picture", starts("\xff\xd8\xff", "\x89PNG\r\n\x1a\n")],
  ["unreadable", (head) => /^ftyp(?:he[iv]|mif1|msf1|avif)/.test(ascii(head, 4, 12))], // HEIC: no reader for it here or there
  ["archive", (head) => ascii(head, 257, 262) === "ustar"],
  ["dicom", mayBeDataSet],
];

/** @param head the first 512 bytes, or all of a shorter file */
export function kindOf(name: string, head: Uint8Array): Kind {
  if (isClutterName(name) && ascii(head, 128, 132) !== "DICM") return "clutter";
  return kinds.find(([, fits]) => fits(head))?.[0] ?? "clutter";
}

const VRS = /^(?:AE|AS|AT|CS|DA|DS|DT|FD|FL|IS|LO|LT|OB|OW|PN|SH|SL|SQ|SS|ST|TM|UC|UI|UL|UN|UR|US|UT)$/;

/** Starts as a data set without preamble does: an element of group 0002 or 0008 with a sound VR or length. */
function mayBeDataSet(head: Uint8Array): boolean {
  if (ascii(head, 0, 4) === "DICM") return true;
  if (head.length < 8) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const group = view.getUint16(0, true);
  if (group !== 0x0002 && group !== 0x0008) return false;
  return VRS.test(ascii(head, 4, 6)) || (view.getUint16(2, true) < 0x1000 && view.getUint32(4, true) <= 1024);
}

const clutterNames = [
  /(?:^|\/)__macosx\//,
  /(?:^|\/)\._[^/]*$/,
  /(?:^|\/)(?:\.ds_store|thumbs\.db|desktop\.ini|autorun\.inf|dicomdir)$/,
  /(?:^|\/)(?:\.git|\.svn|\.spotlight-v100|\.trashes|\.fseventsd|system volume information|\$recycle\.bin)\//,
];
const isClutterName = (name: string) => {
  const slashed = name.replaceAll("\\", "/").toLowerCase();
  return clutterNames.some((pattern) => pattern.test(slashed));
};

/** All volumes of one archive share a name: `CD.part1.rar`, `CD.r00`, `CD.zip.001`, `CD.z01`. */
export const archiveStem = (name: string) =>
  name
    .toLowerCase()
    .replace(/\.part\d+\.(?=\w+$)/, ".")
    .replace(/\.(?:r\d\d|z\d\d|\d{3})$/, "")
    .replace(/\.(?:rar|zip|7z|tar)$/, "");

/** A later volume has no signature of its own. */
export const isVolumeName = (name: string) => /\.(?:r\d\d|z\d\d|\d{3})$/i.test(name);
