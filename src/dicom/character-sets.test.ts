import { describe, expect, test } from "bun:test";
import { decodeText } from "./character-sets.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("text is decoded by Specific Character Set", () => {
  // PS3.5 annexes H, I, J and K, and one letter of every single-byte set of PS3.3 C.12.1.1.2.
  test.each([
    ["ISO_IR 100", "e9", "é"],
    ["ISO_IR 101", "b3", "ł"],
    ["ISO_IR 109", "b1", "ħ"],
    ["ISO_IR 110", "b3", "ŗ"],
    ["ISO_IR 144", "bb", "Л"],
    ["ISO_IR 127", "e2", "ق"],
    ["ISO_IR 126", "c4", "Δ"],
    ["ISO_IR 138", "f9", "ש"],
    ["ISO_IR 148", "fd", "ı"],
    ["ISO_IR 203", "a4", "€"],
    ["ISO_IR 13", "d4cf", "ﾔﾏ"],
    ["ISO_IR 166", "a1", "ก"],
    ["ISO_IR 192", "e5b08f", "小"],
    ["GB18030", "d0a1", "小"],
    ["GBK", "d0a1", "小"],
    ["\\ISO 2022 IR 87", "41 1b2442 3b33 1b2842 42", "A山B"],
    ["\\ISO 2022 IR 149", "1b242943 c8ab", "홍"],
    ["\\ISO 2022 IR 58", "1b242941 d0a1", "小"],
    ["ISO 2022 IR 100\\ISO 2022 IR 144", "e9 1b2d4c bb", "éЛ"],
  ])("%s", (characterSet, hex, text) => {
    expect(decodeText(bytes(hex), "PN", characterSet)).toEqual({ text, sure: true });
  });

  test("the component groups of a name stay apart", () => {
    const hex = "59616d616461 5e 54 3d 1b2442 3b33 1b2842 5e 1b2442 4240 1b2842";
    expect(decodeText(bytes(hex), "PN", "\\ISO 2022 IR 87").text).toBe("Yamada^T=山^太");
  });
});

describe("what cannot be decoded is readable and told", () => {
  test.each([
    ["no set, UTF-8 all the same", "", "c3a9", "é"],
    ["no set, Latin-1 all the same", "", "e9", "é"],
    ["a set that does not exist", "ISO_IR 999", "e9", "é"],
    ["an escape sequence of no set", "\\ISO 2022 IR 87", "1b247a41", "\x1b$zA"],
    ["UTF-8 that is none", "ISO_IR 192", "41e9", "A\ufffd"],
  ])("%s", (_name, characterSet, hex, text) => {
    expect(decodeText(bytes(hex), "LO", characterSet)).toEqual({ text, sure: false });
  });
});
