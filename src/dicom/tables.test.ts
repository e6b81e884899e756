import { describe, expect, test } from "bun:test";
import { isImageClass, sopClassKeyword, sopClassKind } from "./sop-classes.ts";
import { transferSyntaxes } from "./transfer-syntaxes.ts";
import { uidForm } from "./uid.ts";

describe("SOP classes", () => {
  test.each([
    ["1.2.840.10008.5.1.4.1.1.66.7", "LabelMapSegmentationStorage", "study", true],
    ["1.2.840.10008.5.1.4.1.1.88.11", "BasicTextSRStorage", "study", false],
    ["1.2.840.10008.5.1.4.1.1.3", "UltrasoundMultiFrameImageStorageRetired", "study", true],
    ["1.2.840.10008.5.1.4.39.1", "ColorPaletteStorage", "non-patient", false],
    ["1.2.840.10008.5.1.4.1.1.201.1", "InventoryStorage", "non-patient", false],
    ["1.2.840.10008.1.1", undefined, "unknown", false],
  ])("%s", (uid, keyword, kind, image) => {
    expect([sopClassKeyword(uid), sopClassKind(uid), isImageClass(uid)]).toEqual([keyword, kind as never, image]);
  });
});

test("every transfer syntax has a well-formed UID, and only explicit little endian has fragments (PS3.5 A.4)", () => {
  for (const [uid, syntax] of transferSyntaxes) {
    expect(uidForm(uid)).toBe("regular");
    if (syntax.encapsulated) expect(syntax.encoding).toBe("explicit-le");
  }
});

test.each([
  ["1.2.840.10008.1.2", "regular"],
  ["111", "regular"],
  ["1.2.0.3", "regular"],
  ["1.02.3", "irregular"],
  ["1..2", "invalid"],
  [".1", "invalid"],
  ["1.2.", "invalid"],
  ["1.2.a", "invalid"],
  ["1.2\r\n", "invalid"],
  ["1.2\\1.3", "invalid"],
  ["../1", "invalid"],
  [`1.${"2".repeat(63)}`, "invalid"],
  ["", "invalid"],
])("UID %j is %s", (uid, form) => {
  expect<string>(uidForm(uid)).toBe(form);
});
