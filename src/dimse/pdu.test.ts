import { describe, expect, test } from "bun:test";
import { aeTitleBytes } from "./ae-title.ts";
import { associateAC, associateRQ } from "./associate.ts";
import { CommandField, requestCommand } from "./command-set.ts";
import { DimseError } from "./errors.ts";
import { decodeImplicit, encodeImplicit, shortValue, uidValue } from "./implicit-set.ts";
import { dataTF, fragmentLength, pdvsOf, rejection } from "./pdu.ts";

test("AE titles are padded, and held to their repertoire", () => {
  expect(Buffer.from(aeTitleBytes("PACS")).toString()).toBe("PACS            ");
  expect(aeTitleBytes("SIXTEEN LETTERS!").length).toBe(16);
  for (const bad of ["", "   ", "SEVENTEEN LETTERS", "A\\B", "A\nB", "A\0", "Ä"]) {
    expect(() => aeTitleBytes(bad)).toThrow(RangeError);
  }
});

test("A-ASSOCIATE-RQ as PS3.8 9.3.2 lays it out", () => {
  const bytes = associateRQ("CALLED", "CALLING", [
    { abstractSyntax: "1.2.840.10008.1.1", transferSyntax: "1.2.840.10008.1.2" },
  ]);
  expect(bytes.readUInt8(0)).toBe(1);
  expect(bytes.readUInt32BE(2)).toBe(bytes.length - 6);
  expect(bytes.readUInt16BE(6)).toBe(1);
  expect(bytes.subarray(10, 42).toString()).toBe("CALLED          CALLING         ");
  const context = bytes.indexOf(Buffer.from([0x20, 0, 0, 46, 1, 0, 0, 0, 0x30, 0, 0, 17]));
  expect(context).toBeGreaterThan(74);
});

test("a C-STORE-RQ command set in ascending order, its group length right", () => {
  const command = requestCommand({
    field: CommandField.store,
    sopClassUID: "1.2.3",
    messageID: 7,
    sopInstanceUID: "1.2.34",
    hasDataSet: true,
  });
  const set = decodeImplicit(command);
  expect([...set.keys()]).toEqual([0, 2, 0x100, 0x110, 0x700, 0x800, 0x1000]);
  expect(set.get(0)?.readUInt32LE(0)).toBe(command.length - 12);
  expect(set.get(2)?.toString("latin1")).toBe("1.2.3\0");
});

test("fragments are even and never above the peer's maximum length", () => {
  expect(fragmentLength(16_384)).toBe(16_378);
  expect(fragmentLength(129)).toBe(122);
  expect(fragmentLength(0)).toBeGreaterThan(16_384);
  expect(fragmentLength(0xffffffff)).toBe(fragmentLength(0));
  expect(() => fragmentLength(7)).toThrow(DimseError);
});

describe("a peer's bytes are not trusted (RELIABILITY T33)", () => {
  test("fragments whose lengths do not add up", () => {
    const good = dataTF(1, "data", true, Buffer.from("abcd")).subarray(6);
    expect(pdvsOf(good)).toMatchObject([{ contextId: 1, isCommand: false, isLast: true }]);
    for (let cut = 1; cut < good.length; cut++) expect(() => pdvsOf(good.subarray(0, cut))).toThrow(DimseError);
    expect(() => pdvsOf(Buffer.from([0, 0, 0, 1, 1, 2]))).toThrow(DimseError);
  });

  test("A-ASSOCIATE-AC and RJ cut at every byte: accepted or a DimseError, never another one", () => {
    const item = Buffer.from([0x21, 0, 0, 25, 1, 0, 0, 0, 0x40, 0, 0, 17, ...Buffer.from("1.2.840.10008.1.2")]);
    const whole = Buffer.concat([Buffer.alloc(68), item, Buffer.from([0x50, 0, 0, 8, 0x51, 0, 0, 4, 0, 0, 0x40, 0])]);
    expect(associateAC(whole)).toEqual({
      maxLength: 16_384,
      results: new Map([[1, { result: 0, transferSyntax: "1.2.840.10008.1.2" }]]),
    });
    for (let cut = 0; cut < whole.length; cut++) {
      try {
        associateAC(whole.subarray(0, cut));
      } catch (error) {
        expect(error).toBeInstanceOf(DimseError);
      }
    }
    expect(rejection(Buffer.alloc(1)).fault).toBe("protocol");
    expect(rejection(Buffer.from([0, 1, 1, 7])).message).toContain("called_ae_title");
  });

  test("random bytes as data set or fragments: a value or a DimseError", () => {
    let seed = 20_261_121;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return seed >> 16;
    };
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from(Array.from({ length: random() % 60 }, () => random() & 255));
      for (const parse of [decodeImplicit, pdvsOf, associateAC]) {
        try {
          parse(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DimseError);
        }
      }
    }
  });

  test("what is encoded is decoded", () => {
    const set = decodeImplicit(
      encodeImplicit([
        [0x00080018, uidValue("1.2.3")],
        [0x00280010, shortValue(5)],
      ]),
    );
    expect([...set.values()].map((value) => value.toString("hex"))).toEqual(["312e322e3300", "0500"]);
  });
});
