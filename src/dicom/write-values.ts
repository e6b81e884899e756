import { uidForm } from "./uid.ts";
import { dictionary, type KeywordOf, type NewKeyword, type NewVR } from "./write-dictionary.ts";

/** A value that its VR cannot hold. Names the attribute, never the value. */
export class UnwritableValue extends Error {
  override readonly name = "UnwritableValue";
  constructor(
    readonly keyword: NewKeyword,
    why: string,
  ) {
    super(`${keyword} cannot be written: ${why}.`);
  }
}

/** The VRs of characters (PS3.5 6.2). */
export type TextVR = Exclude<NewVR, "SQ" | "OB" | "US" | "UL">;

interface TextRule {
  /** What one value looks like. */
  readonly form: RegExp;
  /** Characters, not bytes; for PN in each component group (PS3.5 6.2, table 6.2-1). */
  readonly most: number;
  /** The value may hold backslashes and lines: there is never more than one (PS3.5 6.4). */
  readonly prose?: true;
}

/** No control characters, and no backslash, which parts values (PS3.5 6.1.3, 6.4). */
const line = /^[^\p{Cc}\\]*$/u;
/** TAB, LF, FF and CR are the controls that prose may hold (PS3.5 6.1.3). */
const prose = /^(?:[^\p{Cc}]|[\t\n\f\r])*$/u;

const rules: Readonly<Record<TextVR, TextRule>> = {
  CS: { form: /^[A-Z0-9_ ]*$/, most: 16 },
  DA: { form: /^(?:\d{8})?$/, most: 8 },
  DT: { form: /^(?:\d{4}(?:\d\d){0,5}(?:\.\d{1,6})?(?:[+-]\d{4})?)?$/, most: 26 },
  TM: { form: /^(?:\d\d(?:\d\d(?:\d\d(?:\.\d{1,6})?)?)?)?$/, most: 14 },
  IS: { form: /^(?:[+-]?\d+)?$/, most: 12 },
  DS: { form: /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?)?$/, most: 16 },
  UI: { form: /^[0-9.]*$/, most: 64 },
  SH: { form: line, most: 16 },
  LO: { form: line, most: 64 },
  PN: { form: line, most: 64 },
  UC: { form: line, most: Number.POSITIVE_INFINITY },
  ST: { form: prose, most: 1024, prose: true },
  LT: { form: prose, most: 10_240, prose: true },
  UT: { form: prose, most: Number.POSITIVE_INFINITY, prose: true },
};

/** PS3.5 6.2.1: alphabetic, ideographic, phonetic. */
const mostNameGroups = 3;

const groupsOf = (vr: TextVR, text: string): string[] => (vr === "PN" ? text.split("=") : [text]);

/** Why a text is no value of this VR; null where it is one. */
export function misfit(vr: TextVR, text: string): string | null {
  const { form, most } = rules[vr];
  if (!text.isWellFormed() || !form.test(text)) return `it holds characters that ${vr} does not allow`;
  const groups = groupsOf(vr, text);
  if (groups.length > mostNameGroups) return "it has more than three component groups";
  if (groups.some((group) => [...group].length > most)) return `it is longer than ${most} characters`;
  if (vr === "UI" && text !== "" && uidForm(text) !== "regular") return "it is not a UID";
  return null;
}

/** Whether the text can be written under this keyword as it is. */
export const fits = (keyword: KeywordOf<TextVR>, text: string): boolean =>
  misfit(dictionary[keyword][1], text) === null;

/** Bytes of one value or several in UTF-8 (ISO_IR 192), unpadded. @throws UnwritableValue */
export function textBytes(keyword: KeywordOf<TextVR>, values: readonly (string | number)[]): Buffer {
  const vr = dictionary[keyword][1];
  const texts = values.map((value) => (typeof value === "number" ? numberText(vr, value) : value));
  for (const text of texts) {
    const why = misfit(vr, text);
    if (why !== null) throw new UnwritableValue(keyword, why);
  }
  if (rules[vr].prose && texts.length > 1) throw new UnwritableValue(keyword, `${vr} has a single value`);
  return Buffer.from(texts.join("\\"), "utf8");
}

/** A DS has 16 characters (PS3.5 6.2): as many digits as go into them. */
function numberText(vr: TextVR, value: number): string {
  const text = String(value);
  return vr === "DS" && text.length > 16 ? String(Number(value.toPrecision(10))) : text;
}

export interface Fitted {
  readonly text: string;
  /** Something was cut off the end. */
  readonly cut: boolean;
}

/**
 * Text of a person made to fit its VR: controls become spaces, backslashes slashes, and what is too long is cut between
 * two characters, which `cut` tells. For descriptions; names and IDs must never be cut, {@link fits} asks for them.
 */
export function fitted(keyword: KeywordOf<"LO" | "SH" | "ST" | "LT" | "UT" | "UC" | "CS">, text: string): Fitted {
  const vr = dictionary[keyword][1];
  const { most, prose } = rules[vr];
  const known = text.toWellFormed();
  const clean = prose
    ? known.replace(/(?![\t\n\f\r])\p{Cc}/gu, " ")
    : known.replace(/\p{Cc}/gu, " ").replaceAll("\\", "/");
  const allowed = vr === "CS" ? clean.toUpperCase().replace(/[^A-Z0-9_ ]/g, " ") : clean;
  const characters = [...allowed.trim()];
  const cut = characters.length > most;
  return { text: cut ? characters.slice(0, most).join("").trimEnd() : characters.join(""), cut };
}
