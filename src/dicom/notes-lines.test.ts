import { describe, expect, test } from "bun:test";
import { FontShelf, fontOrder } from "./notes-fonts.ts";
import { type Line, linesOf, type Measure, undrawable } from "./notes-lines.ts";

const shelf = new FontShelf();
/** Every character is one wide. */
const measure: Measure = ({ text }) => [...text].length;
const lines = (text: string, width = 1000): Line[] => linesOf(text, width, fontOrder(text, shelf), shelf, measure);
const seen = (line: Line): string => line.runs.map((run) => run.text).join("");
const wrapped = (text: string, width: number): string[] => lines(text, width).map(seen);

describe("lines end where UAX #14 lets them", () => {
  const rows: readonly (readonly [string, string, number, readonly string[]])[] = [
    ["between words, without the blank", "Frage nach Blutung", 11, ["Frage nach", "Blutung"]],
    ["a word that just fits", "ab cd", 5, ["ab cd"]],
    ["behind a hyphen", "CT-Angiographie", 12, ["CT-", "Angiographie"]],
    ["inside a word that is wider than a line", "abcdefgh ij", 3, ["abc", "def", "gh", "ij"]],
    ["never inside a character of several code points", "e\u0301e\u0301e\u0301", 3, ["e\u0301", "e\u0301", "e\u0301"]],
    ["between ideographs, not before a full stop", "頭痛と吐気。", 5, ["頭痛と吐", "気。"]],
    ["indented text keeps its indent", "  a b", 4, ["  a", "b"]],
    ["nothing is one empty line", "", 10, [""]],
    ["blanks are one empty line", "   ", 10, [""]],
  ];
  for (const [name, text, width, expected] of rows) {
    test(name, () => expect(wrapped(text, width)).toEqual([...expected]));
  }
  test("no line is wider than it may be, and nothing is lost", () => {
    const text = "Sturz aus 2 m Höhe, seitdem Kopfschmerzen; 転倒後の頭痛。Donaudampfschifffahrtsgesellschaft! ".repeat(
      9,
    );
    for (const width of [1, 2, 7, 20, 83]) {
      const found = wrapped(text, width);
      expect(Math.max(...found.map((line) => [...line].length))).toBeLessThanOrEqual(width);
      expect(found.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    }
  });
});

describe("right to left (UAX #9)", () => {
  const runs = (text: string) => lines(text)[0]?.runs.map((run) => run.text);
  test("runs follow each other from the left, letters stay in logical order for the shaper", () => {
    expect(runs("שאלה CT")).toEqual(["CT", "שאלה "]);
    expect(runs("ab مرحبا cd")).toEqual(["ab ", "مرحبا", " ", "cd"]);
  });
  test("brackets are mirrored, alone and beside letters", () => {
    expect(runs("א (CT)?")).toEqual(["?(", "CT", ")", "א "]);
    expect(runs("نزيف (دم)")).toEqual(["نزيف )دم("]);
  });
  test("numbers run from left to right", () => {
    expect(runs("عمره 45 سنة")).toEqual([" سنة", "45", "عمره "]);
  });
  test("what is copied out is what was written", () => {
    expect(lines("نزيف (دم)")[0]?.runs[0]?.actual).toBe("نزيف (دم)");
  });
  test("a paragraph begins where its first letter says", () => {
    expect(lines("مرحبا CT")[0]?.rightToLeft).toBe(true);
    expect(lines("2 m: CT مرحبا")[0]?.rightToLeft).toBe(false);
  });
  test("each line is turned around by itself", () => {
    expect(wrapped("אב גד הו", 5)).toEqual(["אב גד", "הו"]);
  });
});

describe("the font of a character", () => {
  const fontsOf = (text: string) => lines(text)[0]?.runs.map((run) => run.font);
  const rows = [
    ["Latin, Greek, Cyrillic", "Grüße ΑΒΓ кириллица ệ", ["sans"]],
    ["Japanese by its kana", "頭痛と吐気", ["japanese"]],
    ["Chinese, simplified", "头痛", ["simplified"]],
    ["Chinese, traditional", "頭痛請顱內", ["traditional"]],
    ["Korean", "두통", ["korean"]],
    ["digits among Arabic letters", "٤٥ دم", ["arabic", "arabic"]],
    ["signs", "≤→☐", ["math", "symbols"]],
  ] as const;
  for (const [name, text, expected] of rows) test(name, () => expect(fontsOf(text)).toEqual([...expected]));
});

describe("what cannot be drawn is told, once each", () => {
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ["nothing of what the fonts have", "Grüße, Ελλάδα, Ёлка, שלום, مرحبا, 頭痛, 두통, 头痛, ≤ ½ µ ☐ ✓\n", []],
    ["emoji, whole", "a 🚑 b 🚑 👩🏽‍⚕️", ["🚑", "👩🏽‍⚕️"]],
    ["scripts without a font", "ไทย", ["ไ", "ท", "ย"]],
    ["joiners and direction marks need no glyph", "a\u200d\u200f\u2067b\ufeff", []],
    ["a replacement character is drawn", "\ufffd", []],
    ["an ideograph that is in no font", "\u{2a6d6}", ["\u{2a6d6}"]],
  ];
  for (const [name, text, expected] of rows) {
    test(name, () => expect(undrawable(text, fontOrder(text, shelf), shelf)).toEqual([...expected]));
  }
});
