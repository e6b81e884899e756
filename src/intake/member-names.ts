/** Names of archive members are data for people; here they are judged and made readable, never used as paths. */

/** CP437 from 0x80 on: what a ZIP name is without the UTF-8 flag (APPNOTE.TXT appendix D). */
const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The name as text: UTF-8 where the bytes are UTF-8 (many writers forget the flag), else CP437. Any bytes give a name. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : CP437.charAt(byte - 0x80))).join("");
  }
}

/** A name that leaves its folder: absolute, with a drive letter, UNC, or with `..` among its parts; `\` counts as `/`. */
export function isUnsafeName(name: string): boolean {
  const slashed = name.replaceAll("\\", "/");
  return slashed.startsWith("/") || /^[a-z]:/i.test(slashed) || slashed.split("/").includes("..");
}

const MAX_NAME = 1024;
/** Control characters and those that turn the writing direction, as CONTRACT §3 refuses them in an upload's file names. */
const HARMFUL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** The name as it may be shown and logged: harmful characters replaced, over-long ones cut in front (the file's own name stays). */
export function displayName(name: string): string {
  const shown = name.replaceAll("\\", "/").replace(HARMFUL, "\ufffd");
  return shown.length <= MAX_NAME ? shown : `…${shown.slice(1 - MAX_NAME)}`;
}
