import list from "./value-representations.txt" with { type: "text" };

/** `xs`: US or SS, as Pixel Representation says. */
export type DictionaryVR = string;

let dictionary: Map<number, DictionaryVR> | null = null;

/** A line a group: its number, then element and VR of each attribute. Read when it is first asked for. */
function read(): Map<number, DictionaryVR> {
  const found = new Map<number, DictionaryVR>();
  for (const line of list.trim().split("\n")) {
    const group = Number.parseInt(line.slice(0, 4), 16);
    for (let at = 5; at < line.length; at += 6) {
      found.set(group * 0x10000 + Number.parseInt(line.slice(at, at + 4), 16), line.slice(at + 4, at + 6));
    }
  }
  return found;
}

/** Curves, overlays and variable pixel data come in groups that repeat (PS3.5 7.6). */
const repeating: readonly (readonly [from: number, to: number])[] = [
  [0x5000, 0x50ff],
  [0x6000, 0x60ff],
  [0x7f00, 0x7fdf],
];

/**
 * The VR of an attribute (PS3.6 6, the edition 2022b by way of DCMTK's dictionary); null where it is unknown.
 * Where the standard leaves OB or OW open, Implicit VR has OW (PS3.5 A.1).
 */
export function vrOfAttribute(tag: number): DictionaryVR | null {
  dictionary ??= read();
  const group = tag >>> 16;
  const element = tag & 0xffff;
  // PS3.5 7.8.1: private creators; all else that is private is known to its maker alone.
  if (group % 2 === 1) return element >= 0x10 && element <= 0xff ? "LO" : null;
  const base = repeating.find(([from, to]) => group >= from && group <= to)?.[0] ?? group;
  return dictionary.get(base * 0x10000 + element) ?? null;
}
