import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { create } from "fontkit";
import sans from "./fonts/noto-sans.ttf.br" with { type: "file" };
import arabic from "./fonts/noto-sans-arabic.ttf.br" with { type: "file" };
import bold from "./fonts/noto-sans-bold.ttf.br" with { type: "file" };
import hebrew from "./fonts/noto-sans-hebrew.ttf.br" with { type: "file" };
import japanese from "./fonts/noto-sans-jp.ttf.br" with { type: "file" };
import korean from "./fonts/noto-sans-kr.ttf.br" with { type: "file" };
import math from "./fonts/noto-sans-math.ttf.br" with { type: "file" };
import simplified from "./fonts/noto-sans-sc.ttf.br" with { type: "file" };
import symbols from "./fonts/noto-sans-symbols-2.ttf.br" with { type: "file" };
import traditional from "./fonts/noto-sans-tc.ttf.br" with { type: "file" };

const files = { sans, bold, arabic, hebrew, japanese, korean, simplified, traditional, math, symbols } as const;
export type FontName = keyof typeof files;

export interface Font {
  readonly name: FontName;
  readonly bytes: Uint8Array;
  has(codePoint: number): boolean;
}

/** Opens a font; a dozen milliseconds and 2 MB for the East Asian ones. */
export function openFont(name: FontName): Font {
  const bytes = brotliDecompressSync(readFileSync(files[name]));
  const font = create(bytes);
  return { name, bytes, has: (codePoint) => font.hasGlyphForCodePoint(codePoint) };
}

/** Fonts opened when they are first asked for, and kept as long as this object is. */
export class FontShelf {
  private readonly opened = new Map<FontName, Font>();
  get(name: FontName): Font {
    const font = this.opened.get(name) ?? openFont(name);
    this.opened.set(name, font);
    return font;
  }
}

/**
 * The order in which fonts are asked for a character. Chinese and Japanese share code points and not their shapes: kana
 * tell Japanese, else the font goes first that has most of the text's characters.
 */
export function fontOrder(text: string, shelf: FontShelf): FontName[] {
  const eastAsian = eastAsianScript.test(text) ? eastAsianOrder(text, shelf) : [];
  return [
    "sans",
    ...others.filter(([script]) => script.test(text)).map(([, font]) => font),
    ...eastAsian,
    "math",
    "symbols",
  ];
}

/** With ideographic punctuation, full-width forms and numbers in circles. */
const eastAsianScript =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u2460-\u24ff\u3000-\u33ff\uff00-\uffef]/u;
const others: readonly (readonly [RegExp, FontName])[] = [
  [/\p{Script_Extensions=Arabic}/u, "arabic"],
  [/\p{Script_Extensions=Hebrew}/u, "hebrew"],
  [/\p{Script_Extensions=Hangul}/u, "korean"],
];

function eastAsianOrder(text: string, shelf: FontShelf): FontName[] {
  const han = new Set(text.match(/\p{Script=Han}/gu));
  const known = (name: FontName): number =>
    [...han].filter((character) => shelf.get(name).has(character.codePointAt(0) ?? 0)).length;
  const chinese = (["simplified", "traditional"] as const).toSorted((a, b) => known(b) - known(a));
  const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
  return kana ? ["japanese", ...chinese] : [...chinese, "japanese"];
}
