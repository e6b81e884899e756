import { describe, expect, test } from "bun:test";
import { nativeDicomModel } from "./native-dicom-xml.ts";
import { stowResponse } from "./stow-response.ts";

const read = (body: string) => {
  const { stored, failed } = stowResponse(body);
  return { stored: Object.fromEntries(stored), failed: Object.fromEntries(failed) };
};
const nothing = { stored: {}, failed: {} };
const item = (uid: string, more: object = {}) => ({ "00081155": { vr: "UI", Value: [uid] }, ...more });
const reason = (value: unknown) => ({ "00081197": { vr: "US", Value: [value] } });

describe("stowResponse", () => {
  test("reads both sequences with their reasons", () => {
    const body = {
      "00081199": { vr: "SQ", Value: [item("1.1"), item("1.2", { "00081196": { vr: "US", Value: [45056] } })] },
      "00081198": { vr: "SQ", Value: [item("1.3", reason(272)), item("1.4", reason("43264")), item("1.5")] },
    };
    expect(read(JSON.stringify(body))).toEqual({
      stored: { "1.1": null, "1.2": 45056 },
      failed: { "1.3": 272, "1.4": 43264, "1.5": null },
    });
  });

  test("an array around it, a byte order mark, padded UIDs, a bare value", () => {
    const body = [{ "00081199": { vr: "SQ", Value: { "00081155": { vr: "UI", Value: "1.1\0" } } } }];
    expect(read(`\uFEFF${JSON.stringify(body)}`).stored).toEqual({ "1.1": null });
  });

  test("an instance in both lists counts as failed, and so does one with a reason among the stored", () => {
    const both = {
      "00081199": { Value: [item("1.1"), item("1.2", reason(272))] },
      "00081198": { Value: [item("1.1")] },
    };
    expect(read(JSON.stringify(both))).toEqual({ stored: {}, failed: { "1.1": null, "1.2": 272 } });
  });

  for (const body of [
    "",
    "null",
    "[]",
    "{}",
    "17",
    '"stored"',
    '{"00081199":{"vr":"SQ"}}',
    '{"00081199":{"vr":"SQ","Value":[]}}',
    '{"00081199":{"vr":"SQ","Value":[null,3,"x"]}}',
    '{"00081199":null}',
    "{",
    "<html><body><p>Please sign in</p></body></html>",
    "<!DOCTYPE html><html></html>",
    "<",
    "\0\0\0",
  ]) {
    test(`${JSON.stringify(body.slice(0, 40))} names nobody`, () => expect(read(body)).toEqual(nothing));
  }

  test("a page or an answer without end is not understood; an empty one just says nothing", () => {
    expect(["<html></html>", "{", null].map((body) => stowResponse(body).understood)).toEqual([false, false, false]);
    expect(["", "{}", "[]"].map((body) => stowResponse(body).understood)).toEqual([true, true, true]);
  });

  test("the Native DICOM Model in XML, with tags in either case of hex digits", () => {
    const attribute = (tag: string, inner: string) => `<DicomAttribute tag="${tag}" vr="SQ">${inner}</DicomAttribute>`;
    const uid = (value: string) => attribute("00081155", `<Value number="1">${value}</Value>`);
    const xml = `<?xml version="1.0"?><NativeDicomModel xml:space="preserve">
      ${attribute("00081199", `<Item number="1">${uid("1.1")}</Item><Item number="2">${uid("1.2")}</Item>`)}
      ${attribute("00081198", `<Item number="1">${uid("1.3")}${attribute("00081197", '<Value number="1">272</Value>')}</Item>`)}
    </NativeDicomModel>`;
    expect(read(xml)).toEqual({ stored: { "1.1": null, "1.2": null }, failed: { "1.3": 272 } });
  });

  test("hostile XML: no entity is expanded, no depth without end", () => {
    const deep = `<NativeDicomModel>${'<DicomAttribute tag="00081199"><Item number="1">'.repeat(1000)}`;
    expect(nativeDicomModel(deep)).toBeNull();
    const entity =
      '<!DOCTYPE x [<!ENTITY a "b">]><NativeDicomModel><DicomAttribute tag="00081199"><Value>&a;</Value></DicomAttribute></NativeDicomModel>';
    expect(JSON.stringify(nativeDicomModel(entity))).toContain("&a;");
  });
});

// Both took seconds for each 100 kB before, growing with the square.
test.each([
  ["a million brackets that are never closed", `<NativeDicomModel>${"<!".repeat(1_000_000)}`],
  [
    "a million spaces inside a UID",
    JSON.stringify({ "00081199": { Value: [{ "00081155": { Value: [`${" ".repeat(1_000_000)}x`] } }] } }),
  ],
])("an answer of %s is read once through", (_what, body) => {
  expect(stowResponse(body).failed.size).toBe(0);
});
