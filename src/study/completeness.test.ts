import { describe, expect, test } from "bun:test";
import { catalogueOf } from "../contract/errors.ts";
import type { DirectoryEntry } from "../dicom/dicomdir.ts";
import { completenessFindings } from "./completeness.ts";
import type { CountedInstance } from "./series-tally.ts";

const ct = "1.2.840.10008.5.1.4.1.1.2";
const made = (series: number, number: number | string, more: Partial<CountedInstance> = {}): CountedInstance => ({
  sopInstanceUID: `1.${series}.${number}`,
  seriesInstanceUID: `1.${series}`,
  seriesNumber: String(series),
  instanceNumber: String(number),
  imagesInAcquisition: "",
  modality: "CT",
  sopClassUID: ct,
  ...more,
});
const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
const images = (series: number, numbers: readonly number[], more: Partial<CountedInstance> = {}) =>
  numbers.map((number) => made(series, number, more));
const without = (numbers: readonly number[], ...lost: readonly number[]) =>
  numbers.filter((number) => !lost.includes(number));
const stating = (count: number) => ({ imagesInAcquisition: String(count) });

const listed = (series: number, numbers: readonly number[], more: Partial<DirectoryEntry> = {}): DirectoryEntry[] =>
  numbers.map((number) => ({
    sopInstanceUID: `1.${series}.${number}`,
    referencedFileID: "",
    recordType: "IMAGE",
    studyInstanceUID: "1",
    seriesInstanceUID: `1.${series}`,
    seriesNumber: String(series),
    ...more,
  }));

const lines = (instances: readonly CountedInstance[], directory: readonly DirectoryEntry[] = []): string[] =>
  completenessFindings({ instances }, directory).map(({ message }) => message);

describe("gaps in Instance Number", () => {
  const told: [string, readonly number[], string][] = [
    ["two lost of 120", without(range(1, 120), 17, 60), "Series 3: 118 of 120 images."],
    ["numbered from 0", without(range(0, 9), 3), "Series 3: 9 of 10 images."],
    ["a folder of the disc lost", [...range(1, 100), ...range(201, 250)], "Series 3: 150 of 250 images."],
    ["half of the range", [1, 2, 6], "Series 3: 3 of 6 images."],
    ["two lost in the very middle", without(range(1, 16), 8, 9), "Series 3: 14 of 16 images."],
  ];
  for (const [what, numbers, line] of told) test(what, () => expect(lines(images(3, numbers))).toEqual([line]));

  test("a number that another series has as well is missing all the same", () => {
    expect(lines([...images(3, without(range(1, 20), 7)), ...images(4, range(1, 20))])).toEqual([
      "Series 3: 19 of 20 images.",
    ]);
  });

  const silent: [string, readonly CountedInstance[]][] = [
    ["none", images(3, range(1, 120))],
    ["a range that starts late", images(3, range(61, 120))],
    ["two images", images(3, [1, 3])],
    ["two phases with as many numbers left free", images(3, [...range(1, 20), ...range(41, 60)])],
    ["less than half of the range", images(3, [1, 2, 7])],
    ["echoes from 1001 and 2001", images(3, [...range(1001, 1020), ...range(2001, 2020)])],
    ["echoes from 1 and 101", images(3, [...range(1, 80), ...range(101, 180)])],
    ["acquisitions of unlike length from 1 and 101", images(3, [...range(1, 80), ...range(101, 165)])],
    ["every second number", images(3, range(1, 39, 2))],
    ["every second number, the others elsewhere", [...images(3, [1, 3, 4, 8]), ...images(4, [2, 5, 6, 7])]],
    ["numbers that come twice", [...images(3, [1, 2, 4]), made(3, 4, { sopInstanceUID: "1.3.9" })]],
    ["an image without a number", [...images(3, [1, 2, 4]), made(3, "")]],
    ["a number that is none", [...images(3, [1, 2, 4]), made(3, "5.5")]],
    ["a range as long as numbers go", images(3, [1, 2, 2147483647])],
    ["radiographs", images(3, [1, 2, 4], { sopClassUID: "1.2.840.10008.5.1.4.1.1.1.1", modality: "DX" })],
    ["ultrasound", images(3, [1, 2, 4], { sopClassUID: "1.2.840.10008.5.1.4.1.1.6.1", modality: "US" })],
    ["enhanced multi-frame", images(3, [1, 2, 4], { sopClassUID: "1.2.840.10008.5.1.4.1.1.2.1" })],
    ["reports", images(3, [1, 2, 4], { sopClassUID: "1.2.840.10008.5.1.4.1.1.88.33", modality: "SR" })],
    ["presentation states", images(3, [1, 2, 4], { sopClassUID: "1.2.840.10008.5.1.4.1.1.11.1", modality: "PR" })],
    ["key objects", images(3, [1, 2, 4], { sopClassUID: "1.2.840.10008.5.1.4.1.1.88.59", modality: "KO" })],
    ["several kinds in a series", [...images(3, [1, 2, 4]), made(3, 6, { sopClassUID: "1.2.840.10008.5.1.4.1.1.7" })]],
    ["no instances", []],
  ];
  for (const [what, instances] of silent) test(`nothing is said: ${what}`, () => expect(lines(instances)).toEqual([]));
});

describe("Images in Acquisition", () => {
  test("more than came: the end is missing", () => {
    expect(lines(images(3, range(1, 118), stating(120)))).toEqual(["Series 3: 118 of 120 images."]);
  });
  test("wins over gaps in the numbers", () => {
    expect(lines(images(3, without(range(1, 118), 7), stating(120)))).toEqual(["Series 3: 117 of 120 images."]);
    expect(lines(images(3, without(range(1, 120), 7), stating(119)))).toEqual([]);
  });
  test("is no evidence where several acquisitions are in the series; the numbers are", () => {
    expect(lines(images(3, without(range(1, 40), 7), stating(20)))).toEqual(["Series 3: 39 of 40 images."]);
    const two = [...images(3, range(1, 20), stating(40)), ...images(3, range(21, 35), stating(15))];
    expect(lines(two)).toEqual([]);
  });
  test("is that of the images a projection was made from", () => {
    expect(lines(images(700, range(1, 7), stating(12)))).toEqual([]);
  });
  test("of one acquisition in two series says nothing; of two acquisitions it does", () => {
    expect(lines([...images(3, range(1, 80), stating(100)), ...images(4, range(1, 20), stating(100))])).toEqual([]);
    expect(lines([...images(3, range(1, 98), stating(100)), ...images(4, range(1, 99), stating(100))])).toEqual([
      "Series 3: 98 of 100 images.",
      "Series 4: 99 of 100 images.",
    ]);
    expect(lines([...images(3, range(1, 98), stating(100)), ...images(4, range(1, 100), stating(100))])).toHaveLength(
      1,
    );
  });
});

describe("the disc's directory", () => {
  test("lists more than was sent", () => {
    expect(completenessFindings({ instances: images(1, range(3, 50)) }, listed(1, range(1, 50)))).toEqual([
      { code: "directory_incomplete", message: "The disc's directory lists 50 images of this study; 48 were sent." },
      { code: "series_incomplete", message: "Series 1: 48 of 50 images." },
    ]);
  });
  test("lists a series of which nothing came", () => {
    expect(lines(images(1, [1]), [...listed(1, [1]), ...listed(2, [1])])).toEqual([
      "The disc's directory lists 2 images of this study; 1 was sent.",
      "Series 2: 0 of 1 image.",
    ]);
  });
  test("lists all that was sent: wins over numbers and Images in Acquisition", () => {
    expect(lines(images(3, without(range(1, 20), 7), stating(20)), listed(3, without(range(1, 20), 7)))).toEqual([]);
  });
  test("of some other part of the series leaves it to the numbers", () => {
    expect(lines(images(3, without(range(1, 20), 7)), listed(3, [1, 2]))).toEqual(["Series 3: 19 of 20 images."]);
  });
  test("lists other studies too, private records, and files twice: none of it counts", () => {
    const directory = [
      ...listed(1, [1, 2, 3]),
      ...listed(1, [1, 2, 3]),
      ...listed(1, [4], { recordType: "PRIVATE" }),
      ...listed(2, [1, 2], { studyInstanceUID: "2" }),
    ];
    expect(lines(images(1, [1, 2, 3]), directory)).toEqual([]);
  });
  test("without Study Instance UIDs counts for the series that were sent", () => {
    const directory = [...listed(1, [1, 2, 3], { studyInstanceUID: "" }), ...listed(2, [1], { studyInstanceUID: "" })];
    expect(lines(images(1, [1, 2]), directory)).toEqual([
      "The disc's directory lists 3 images of this study; 2 were sent.",
      "Series 1: 2 of 3 images.",
    ]);
  });
  test("counts a file that it lists twice once", () => {
    expect(lines(images(1, [1, 2]), [...listed(1, [1, 2, 3]), ...listed(1, [2, 3])])[0]).toBe(
      "The disc's directory lists 3 images of this study; 2 were sent.",
    );
  });
  test("without Series Instance UIDs counts for the study", () => {
    expect(lines(images(1, [1, 2]), listed(1, [1, 2, 3], { seriesInstanceUID: "" }))).toEqual([
      "The disc's directory lists 3 images of this study; 2 were sent.",
    ]);
  });
  test("that files an image under another series than the image itself counts it once", () => {
    const directory = listed(1, [1, 2]).map((entry) => ({ ...entry, seriesInstanceUID: "9" }));
    expect(lines(images(1, [1, 2]), directory)).toEqual([]);
  });
  test("calls what is not an image an object", () => {
    expect(lines(images(1, [1]), [...listed(1, [1]), ...listed(2, [1], { recordType: "SR DOCUMENT" })])).toEqual([
      "The disc's directory lists 2 objects of this study; 1 was sent.",
      "Series 2: 0 of 1 object.",
    ]);
  });
});

describe("what is said", () => {
  const broken = (count: number) => range(1, count).flatMap((series) => images(count + 1 - series, [1, 2, 4]));
  test("is one line per series, by Series Number, at most ten, and how many more", () => {
    expect(lines(broken(10))).toEqual(range(1, 10).map((series) => `Series ${series}: 3 of 4 images.`));
    expect(lines(broken(11)).slice(9)).toEqual(["Series 10: 3 of 4 images.", "1 more series is not complete."]);
    expect(lines(broken(13)).slice(9)).toEqual(["Series 10: 3 of 4 images.", "3 more series are not complete."]);
  });
  test("repeats no Series Number that is none", () => {
    const instances = [...images(2, [1, 2, 4], { seriesNumber: "DOE^JANE" }), ...images(7, [1, 2, 4])];
    expect(lines(instances)).toEqual(["Series 7: 3 of 4 images.", "A series without a number: 3 of 4 images."]);
  });
  test("has its entry in the catalogue", () => {
    const codes = completenessFindings({ instances: images(1, [1]) }, listed(1, [1, 2])).map(({ code }) => code);
    expect(codes).toEqual(["directory_incomplete", "series_incomplete"]);
    for (const code of codes) expect(catalogueOf(code).acts).toBe("sender");
  });
});
