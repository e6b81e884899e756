import { convertBytes } from "dicom-character-set";

/** Text out of a data set, and whether it could be read with certainty. */
export interface DecodedText {
  readonly text: string;
  readonly sure: boolean;
}

export type TextVR = "PN" | "LO" | "SH" | "CS" | "UI" | "DA" | "TM" | "IS";

/** VRs that Specific Character Set (0008,0005) acts on (PS3.5 6.1.2.3). */
const affected: ReadonlySet<TextVR> = new Set(["PN", "LO", "SH"]);

/**
 * Decodes a text value to Unicode (PS3.5 6.1): single-byte sets, ISO 2022 extensions, UTF-8, GB18030, GBK.
 * What cannot be decoded is shown as UTF-8 or Latin-1, whichever reads, and is told by `sure: false`. Never throws.
 * @param characterSet value of (0008,0005), "" where absent
 */
export function decodeText(bytes: Buffer, vr: TextVR, characterSet: string): DecodedText {
  const plain = isPlain(bytes);
  if (plain || !affected.has(vr)) return { text: bytes.toString("latin1"), sure: plain };
  try {
    // The default repertoire is ASCII alone (PS3.5 6.1.2.2); the decoder would take UTF-8 for it without a word.
    if (isDefaultOnly(characterSet)) return { text: readable(bytes), sure: false };
    // PS3.3 C.12.1.1.2 has it, the decoder does not.
    if (characterSet.trim() === "ISO_IR 203") return { text: new TextDecoder("iso-8859-15").decode(bytes), sure: true };
    const text = convertBytes(characterSet, bytes, { vr });
    return { text, sure: !text.includes("\ufffd") };
  } catch {
    return { text: readable(bytes), sure: false };
  }
}

/** ASCII without an escape. A loop, for this is asked of each text of each image. */
function isPlain(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte >= 0x80 || byte === 0x1b) return false;
  }
  return true;
}

const isDefaultOnly = (characterSet: string): boolean => /^(ISO_IR 6|ISO 2022 IR 6)?$/.test(characterSet.trim());

function readable(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
