import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedData } from "../../test/support/shared-data.ts";
import { inFolder, tryUnpack } from "../intake/archives.fixture.ts";
import { readDicomdir } from "./dicomdir.ts";
import { dicomdir, image, record, series, study } from "./dicomdir-made.ts";
import { element, endOfItem, endOfSequence, implicitElement, item, openItem, undefinedLength } from "./made-bytes.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relaypacs-dicomdir-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(...pieces: readonly Uint8Array[]): ReturnType<typeof readDicomdir> {
  const path = join(folder, "DICOMDIR");
  await writeFile(path, Buffer.concat(pieces));
  return readDicomdir(path);
}

const where = (entries: Awaited<ReturnType<typeof readDicomdir>>): string[] | undefined =>
  entries?.map((entry) => [entry.sopInstanceUID, entry.studyInstanceUID, entry.seriesInstanceUID].join(" in "));

const pixels = element(0x7fe00010, "OW", Buffer.alloc(64));

describe("a DICOMDIR", () => {
  test("lists its files with the study and series they hang under", async () => {
    const entries = await read(dicomdir([record("PATIENT", null, 1), study(null, 2), series(null, 3), image("1.5")]));
    expect(entries).toEqual([
      {
        sopInstanceUID: "1.5",
        referencedFileID: "DICOM\\IM1",
        recordType: "IMAGE",
        studyInstanceUID: "1.1",
        seriesInstanceUID: "1.1.3",
        seriesNumber: "3",
      },
    ]);
  });

  test("is followed by its pointers, whatever order its records stand in", async () => {
    const records = [
      image("1.8"),
      image("1.7"),
      series(null, 1, "1.2.1"),
      study(5, 6, "1.1"),
      record("PATIENT", null, 3),
      study(null, 2, "1.2"),
      series(null, 0, "1.1.1"),
    ];
    expect(where(await read(dicomdir(records)))).toEqual(["1.8 in 1.1 in 1.1.1", "1.7 in 1.2 in 1.2.1"]);
  });

  const tree = [
    study(),
    series(),
    image("1.5"),
    image("1.6"),
    study(null, null, "1.2"),
    series(null, null, "1.2.1"),
    image("1.7"),
  ];
  const inOrder = ["1.5 in 1.1 in 1.1.3", "1.6 in 1.1 in 1.1.3", "1.7 in 1.2 in 1.2.1"];
  test("without pointers is read in the order of its records", async () => {
    expect(where(await read(dicomdir(tree)))).toEqual(inOrder);
  });

  test("with pointers that go nowhere is read in the order of its records", async () => {
    const records = [study(null, 99), series(null, 2), image("1.5", 3), image("1.6")];
    expect(where(await read(dicomdir(records)))).toEqual(inOrder.slice(0, 2));
  });

  test("with pointers that go round in circles is read all the same", async () => {
    const chain = [study(0, 1), series(1, 0), image("1.5", 2)];
    expect(await read(dicomdir(chain))).toHaveLength(1);
    // Two series, each below the other, and no study above them.
    const up = [series(null, 1), series(2, 0), image("1.5")];
    expect(where(await read(dicomdir(up)))).toEqual(["1.5 in  in 1.1.3"]);
  });

  test("lists neither records out of use nor files without a UID", async () => {
    expect(where(await read(dicomdir([...tree, image("1.8", null, { inUse: 0 }), image("")])))).toEqual(inOrder);
  });

  const icon = [element(0x00880200, "SQ", "", undefinedLength), openItem, pixels];
  const odd = Buffer.concat([
    ...[...icon, element(0x00081140, "SQ", item(element(0x00081155, "UI", "1.9"))), endOfItem, endOfSequence],
    // PS3.5 6.2.2: UN of undefined length holds Implicit VR.
    ...[element(0x00091001, "UN", "", undefinedLength), openItem, implicitElement(0x00041511, "1.9")],
    ...[endOfItem, endOfSequence],
    // A field of the records, longer than any.
    element(0x00200011, "UT", Buffer.alloc(70_000)),
    ...[element(0x00091002, "OB", "", undefinedLength), item(Buffer.alloc(8)), endOfSequence],
  ]);
  for (const open of [true, false])
    test(`holds icons and references, ${open ? "un" : ""}defined lengths`, async () => {
      const records = [study(), series(), image("1.5", null, { more: odd }), image("1.6")];
      expect(where(await read(dicomdir(records, open)))).toEqual(inOrder.slice(0, 2));
    });

  test("without records is empty", async () => {
    expect(await read(dicomdir([]))).toEqual([]);
  });
});

describe("null where it cannot be read", () => {
  const whole = dicomdir([study(null, 1), series(null, 2), image("1.5", 3), image("1.6")]);
  for (const open of [true, false]) {
    test(`cut anywhere, ${open ? "un" : ""}defined lengths`, async () => {
      const bytes = dicomdir([study(), series(), image("1.5"), image("1.6", null, { more: pixels })], open);
      const start = bytes.indexOf(Buffer.from([0x04, 0, 0x20, 0x12]));
      const answers = new Set<unknown>();
      for (let length = start + 1; length < bytes.length; length++) answers.add(await read(bytes.subarray(0, length)));
      expect([...answers]).toEqual([null]);
      for (let length = 0; length < start; length += 7) await read(bytes.subarray(0, length));
      expect(await read(bytes)).toHaveLength(2);
    });
  }

  test("bytes changed at random never throw", async () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    let readable = 0;
    for (let round = 0; round < 1000; round++) {
      const bytes = Buffer.from(whole);
      for (let change = 0; change < 3; change++) bytes[132 + random(bytes.length - 132)] = random(256);
      if ((await read(bytes)) !== null) readable++;
    }
    expect(readable).toBeGreaterThan(100);
  });

  const start = dicomdir([]).subarray(0, -12);
  const sequence = element(0x00041220, "SQ", "", undefinedLength);
  const nested = Buffer.concat([element(0x00091001, "SQ", "", undefinedLength), openItem]);
  const ends = Buffer.concat([endOfItem, endOfSequence]);
  const small = item(element(0x00041430, "CS", "IMAGE"));
  const hostile: Readonly<Record<string, () => readonly Uint8Array[]>> = {
    "more records than any disc holds": () => [
      start,
      sequence,
      Buffer.alloc(100_001 * small.length, small),
      endOfSequence,
    ],
    "sequences nested 3000 deep": () => [
      start,
      sequence,
      openItem,
      Buffer.alloc(3000 * nested.length, nested),
      Buffer.alloc(3001 * ends.length, ends),
    ],
    "more elements than any directory": () => [
      start,
      sequence,
      openItem,
      Buffer.alloc(17_000_000, element(0x00091001, "LO")),
      ends,
    ],
    "an item longer than its sequence": () => [start, element(0x00041220, "SQ", small, 12)],
    "a length past the end": () => [start, sequence, openItem, element(0x00041511, "UI", "1.2", 60)],
    "something that is no item": () => [start, sequence, element(0x00041430, "CS"), endOfSequence],
    "an image": () => [Buffer.alloc(128), Buffer.from("DICM"), element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.7")],
    nothing: () => [],
    text: () => [Buffer.from("DICOMDIR, or so its name says")],
  };
  for (const [name, pieces] of Object.entries(hostile))
    test(name, async () => expect(await read(...pieces())).toBeNull());

  test("as many records as a disc may hold are read", async () => {
    const records = [study(), series(), ...Array.from({ length: 99_998 }, (_, index) => image(`1.${index}`))];
    expect(await read(dicomdir(records))).toHaveLength(99_998);
  });
});

if (sharedData !== null) {
  const data = sharedData;
  const counts = (entries: Awaited<ReturnType<typeof readDicomdir>>) => ({
    images: new Set(entries?.map(({ sopInstanceUID }) => sopInstanceUID)).size,
    studies: new Set(entries?.map(({ studyInstanceUID }) => studyInstanceUID)).size,
    series: new Set(entries?.map(({ seriesInstanceUID }) => seriesInstanceUID)).size,
  });

  describe("real directories", () => {
    const fileSet = join(data, "dicom/fileset-dicomdir/DICOMDIR");
    test("31 images of 6 studies, also in big endian", async () => {
      const entries = await readDicomdir(fileSet);
      expect(counts(entries)).toEqual({ images: 31, studies: 6, series: 13 });
      expect(await readDicomdir(join(data, "invalid/dicomdir-big-endian"))).toEqual(entries);
    });
    test("an empty one", async () => {
      expect(await readDicomdir(join(data, "invalid/dicomdir-alone.dcm"))).toEqual([]);
    });
    test("cut every 97 bytes", async () => {
      const bytes = await readFile(fileSet);
      for (let length = 396; length < bytes.length; length += 97)
        expect(await read(bytes.subarray(0, length))).toBeNull();
    });
    const archives = {
      "cd-with-dicomdir.zip": { images: 8, studies: 1, series: 4 },
      "fileset-tiny-alpha.zip": { images: 50, studies: 1, series: 1 },
    };
    for (const [name, expected] of Object.entries(archives))
      test(name, () =>
        inFolder(async (into) => {
          const { members } = await tryUnpack({ path: join(data, "archives/zip", name), kind: "zip" }, into);
          const found = members.find((member) => member.name.endsWith("DICOMDIR"));
          expect(counts(await readDicomdir(found?.path ?? ""))).toEqual(expected);
        }),
      );
  });
}
