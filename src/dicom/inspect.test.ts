import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { inspect } from "./inspect.ts";
import type { InspectedInstance, Inspection } from "./inspection.ts";
import {
  description,
  element,
  endOfItem,
  endOfSequence,
  explicitLE,
  head,
  identity,
  implicitElement,
  item,
  openItem,
  pixelHeader,
  secondaryCapture,
  short,
  undefinedLength,
} from "./made-bytes.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relaypacs-inspect-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function inspected(...pieces: readonly Uint8Array[]): Promise<Inspection> {
  const path = join(folder, crypto.randomUUID());
  await writeFile(path, Buffer.concat(pieces));
  return inspect(path, { today: "20260101" });
}

async function accepted(...pieces: readonly Uint8Array[]): Promise<InspectedInstance> {
  const inspection = await inspected(...pieces);
  if (inspection.kind !== "instance") throw new Error(`not accepted: ${JSON.stringify(inspection)}`);
  return inspection;
}

const warnings = (instance: InspectedInstance): string[] => instance.warnings.map((warning) => warning.code);
const image = Buffer.concat([identity, description(4, 4), element(0x7fe00010, "OW", new Uint8Array(32))]);
const jpeg = "1.2.840.10008.1.2.4.50";
const deflated = "1.2.840.10008.1.2.1.99";
const sequence = (tag: number, length: number): Buffer => element(tag, "SQ", "", length);
const fragments = (...content: readonly Buffer[]): Buffer =>
  Buffer.concat([element(0x7fe00010, "OB", "", undefinedLength), item(), ...content, endOfSequence]);

describe("what may come", () => {
  const tail = element(0x7fe10010, "LO", "PRIVATE");
  const pixels = element(0x7fe00010, "OW", new Uint8Array(32));
  const middle = element(0x00181000, "LO", "X");
  const described = description(4, 4);
  const unsized = Buffer.concat([
    sequence(0x00181012, undefinedLength),
    openItem,
    middle,
    endOfItem,
    item(middle),
    endOfSequence,
  ]);
  const unknown = Buffer.concat([
    element(0x00191010, "UN", "", undefinedLength),
    openItem,
    implicitElement(0x00191001, "IMPLICIT"),
    endOfItem,
    endOfSequence,
  ]);
  const cases: Readonly<Record<string, readonly Uint8Array[]>> = {
    "a plain image": [image],
    "sequences and items with and without length": [identity, unsized, described, pixels],
    "UN of undefined length, implicit inside (PS3.5 6.2.2)": [identity, unknown, described, pixels],
    "a private element behind the pixels": [image, tail],
    "Data Set Trailing Padding": [image, element(0xfffcfffc, "OB", new Uint8Array(100))],
    "zeros behind the data set": [image, new Uint8Array(2048)],
    "a stray zero byte behind the data set": [image, new Uint8Array(1)],
    "a VR of a later edition, with a long length": [
      identity,
      described,
      Buffer.from("2900101058580000020000004142", "hex"),
      pixels,
    ],
    "1-bit pixels packed over rows": [identity, description(3, 3, 3, 1), element(0x7fe00010, "OB", new Uint8Array(4))],
    "native YBR_FULL_422 with two samples a pixel": [
      identity,
      description(4, 4, 1, 8, "YBR_FULL_422"),
      element(0x7fe00010, "OB", new Uint8Array(32)),
    ],
  };
  for (const [name, pieces] of Object.entries(cases)) {
    test(name, async () => {
      const instance = await accepted(head(), ...pieces);
      expect(warnings(instance)).toEqual([]);
      expect(instance).toMatchObject({ head: null, dataSetOffset: head().length, patientName: "MADE^UP" });
    });
  }

  test.each<[string, Buffer]>([
    ["an element longer than its item", item(element(0x00181000, "LO", "", 50))],
    ["half an element", item(middle, Buffer.from("1800001055", "hex"))],
    ["an element whose header is cut off", item(Buffer.from("180010004f420000", "hex"))],
    ["something that is no item", middle],
    ["an item that never ends", Buffer.concat([openItem, middle])],
  ])("%s in a sequence of stated length is told and passed by", async (_name, content) => {
    const broken = element(0x00181012, "SQ", content);
    const instance = await accepted(head(), identity, broken, described, pixels);
    expect(warnings(instance)).toEqual(["value_irregular"]);
  });
});

describe("what is refused", () => {
  const cases: Readonly<Record<string, readonly [string, ...(readonly Uint8Array[])]>> = {
    "no rows": ["dicom_corrupt", head(), identity, description(0, 4), element(0x7fe00010, "OW", new Uint8Array(8))],
    "one byte too few": [
      "pixel_data_length",
      head(),
      identity,
      description(3, 3, 1, 8),
      element(0x7fe00010, "OB", new Uint8Array(8)),
    ],
    "two frames in one fragment": [
      "pixel_data_length",
      head(jpeg),
      identity,
      description(4, 4, 2),
      fragments(item(Buffer.alloc(8))),
    ],
    "an offset table and no fragment": ["pixel_data_length", head(jpeg), identity, description(4, 4), fragments()],
    "fragments under a native syntax": [
      "dicom_corrupt",
      head(),
      identity,
      description(4, 4),
      fragments(item(Buffer.alloc(8))),
    ],
    "native pixels under JPEG": ["dicom_corrupt", head(jpeg), image],
    "a sequence without items": [
      "dicom_corrupt",
      head(),
      identity,
      sequence(0x00181012, undefinedLength),
      element(0x00181000, "LO", "X"),
      endOfSequence,
    ],
    "an element past the end": ["dicom_truncated", head(), identity, element(0x00281000, "LO", "", 50)],
    "half an element header": ["dicom_truncated", head(), image, Buffer.from("e17f10", "hex")],
    "explicit VR called implicit": ["dicom_corrupt", head("1.2.840.10008.1.2"), image],
    "two values for one identifier": [
      "dicom_corrupt",
      head(),
      identity,
      element(0x00100020, "LO", "OTHER"),
      description(4, 4),
    ],
    "something behind the data set": ["dicom_corrupt", head(), image, new Uint8Array(8), Buffer.from("hidden")],
    "compressed data cut short": [
      "dicom_truncated",
      head(deflated),
      deflateRawSync(Buffer.concat([image, Buffer.alloc(9)])).subarray(0, 80),
    ],
    "compressed data that is none": ["dicom_corrupt", head(deflated), Buffer.alloc(500, 0x77)],
    "a syntax nobody knows": ["transfer_syntax_unknown", head("1.2.3.4.5"), image],
  };
  for (const [name, [code, ...pieces]] of Object.entries(cases)) {
    test(name, async () => {
      expect(await inspected(...pieces)).toMatchObject({ kind: "refused", code });
    });
  }

  test("a class of its own is taken where it is named", async () => {
    const own = Buffer.from(
      image.toString("latin1").replaceAll(secondaryCapture, "1.2.3.456.789.1011.12.131"),
      "latin1",
    );
    const path = join(folder, "own");
    await writeFile(path, Buffer.concat([head(), own]));
    expect(await inspect(path)).toMatchObject({ kind: "refused", code: "sop_class_unsupported" });
    expect(await inspect(path, { extraSopClasses: ["1.2.3.456.789.1011.12.131"] })).toMatchObject({ kind: "instance" });
  });
});

describe("the head", () => {
  const meta = head().subarray(132);
  test("meta without preamble is written anew", async () => {
    for (const start of [meta, head().subarray(128)]) {
      const instance = await accepted(start, image);
      expect(warnings(instance)).toEqual(["meta_rewritten"]);
      expect(instance.dataSetOffset).toBe(start.length);
    }
  });

  test.each(["MZ", "\x7fELF", "\xcf\xfa\xed\xfe", "PK\x03\x04", "#!/bin/sh\n", "Rar!", "7z\xbc\xaf"])(
    "a preamble that begins with %j is zeroed",
    async (signature) => {
      const preamble = Buffer.alloc(128, 0xaa);
      preamble.write(signature, 0, "latin1");
      const instance = await accepted(head(explicitLE, preamble), image);
      expect(warnings(instance)).toEqual(["preamble_zeroed"]);
      expect(Buffer.from(instance.head ?? new Uint8Array(0)).equals(head())).toBe(true);
    },
  );

  test("a preamble that makes the file a TIFF stays", async () => {
    const preamble = Buffer.alloc(128);
    preamble.write("II*\0", 0, "latin1");
    expect(await accepted(head(explicitLE, preamble), image)).toMatchObject({ head: null, warnings: [] });
  });

  test("a preamble is zeroed also where the meta is wrong", async () => {
    const preamble = Buffer.alloc(128);
    preamble.write("MZ", 0, "latin1");
    const wrong = Buffer.from(
      head(explicitLE, preamble).toString("latin1").replace("1.2.3.4\0", "1.2.3.5\0"),
      "latin1",
    );
    const instance = await accepted(wrong, image);
    expect(warnings(instance)).toEqual(["meta_rewritten", "preamble_zeroed"]);
    expect(instance.head?.subarray(0, 128)).toEqual(new Uint8Array(128));
  });
});

describe("values", () => {
  test("control characters never come out", async () => {
    const named = Buffer.from(image.toString("latin1").replace("MADE^UP ", "MADE\r\nUP"), "latin1");
    const instance = await accepted(head(), named);
    expect(instance.patientName).toBe("MADE  UP");
    expect(warnings(instance)).toEqual(["value_irregular"]);
  });

  test.each<[string, string[]]>([
    ["20260102", ["value_irregular"]],
    ["20260101", []],
    ["2025.12.31", []],
    ["20250230", ["value_irregular"]],
  ])("study date %s", async (date, codes) => {
    expect(warnings(await accepted(head(), element(0x00080012, "DA", "20250101"), dated(date)))).toEqual(codes);
  });
  const dated = (date: string): Buffer =>
    Buffer.concat([identity, element(0x00080020, "DA", date), image.subarray(identity.length)]);

  test("numbers written as UN are little endian in any syntax", async () => {
    const unknown = [0x00280010, 0x00280011].map((tag) => element(tag, "UN", short(4)));
    const pixels = element(0x7fe00010, "OW", new Uint8Array(16));
    const other = element(0x00280100, "US", short(8));
    expect(warnings(await accepted(head(), identity, ...unknown, other, pixels))).toEqual([]);
  });
});

describe("bounds", () => {
  const growth = async (work: () => Promise<unknown>): Promise<number> => {
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 1);
    await work();
    clearInterval(watch);
    return Math.max(most, process.memoryUsage().rss) - before;
  };

  test("3 GB of pixels are walked over, not read", async () => {
    const path = join(folder, "sparse");
    const pixels = 32768 * 16384 * 2 * 3;
    const start = Buffer.concat([head(), identity, description(32768, 16384, 3), pixelHeader(pixels)]);
    await writeFile(path, start);
    const file = await open(path, "r+");
    await file.truncate(start.length + pixels);
    await file.close();
    const started = performance.now();
    let inspection: Inspection | undefined;
    const grown = await growth(async () => {
      inspection = await inspect(path);
    });
    expect(inspection).toMatchObject({ kind: "instance", warnings: [] });
    expect(grown).toBeLessThan(32_000_000);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("a small file that inflates to 256 MB is left before it does", async () => {
    const bomb = deflateRawSync(
      Buffer.concat([identity, description(4, 4), pixelHeader(1 << 28), Buffer.alloc(1 << 28)]),
    );
    const path = join(folder, "bomb");
    await writeFile(path, Buffer.concat([head(deflated), bomb]));
    Bun.gc(true);
    const grown = await growth(async () => {
      expect(await inspect(path)).toMatchObject({ kind: "refused", code: "dicom_bomb" });
    });
    expect(grown).toBeLessThan(64_000_000);
  });

  test("an image whose packed pixels are as many as it says is whole, however well they pack", async () => {
    const pixels = 4096 * 4096 * 2;
    const packed = deflateRawSync(
      Buffer.concat([identity, description(4096, 4096), pixelHeader(pixels), Buffer.alloc(pixels)]),
    );
    expect(await accepted(head(deflated), packed)).toMatchObject({ head: null, warnings: [] });
  });

  const hostile: Readonly<Record<string, () => readonly Uint8Array[]>> = {
    "sequences nested 3000 deep": () =>
      Array.from({ length: 3000 }, () => Buffer.concat([sequence(0x00181012, undefinedLength), openItem])),
    "a million elements in a sequence": () => [
      sequence(0x00181012, undefinedLength),
      openItem,
      Buffer.alloc(8_800_000, element(0x00181000, "LO")),
    ],
    "30 000 elements at the top": () => [Buffer.alloc(240_000, element(0x00181000, "LO"))],
  };
  for (const [name, pieces] of Object.entries(hostile)) {
    test(`${name} end in a refusal`, async () => {
      const started = performance.now();
      expect(await inspected(head(), identity, ...pieces())).toMatchObject({ kind: "refused", code: "dicom_corrupt" });
      expect(performance.now() - started).toBeLessThan(5000);
    });
  }

  test("a file that is not there is an error of the system", async () => {
    await expect(inspect(join(folder, "nowhere"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
