import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { program } from "../../test/support/child.ts";
import { readImageHeader } from "./image-header.ts";
import { captured, inFolder, madeContext, madeJpeg, madePicture, pixelBytes } from "./image-made.ts";
import { inspect } from "./inspect.ts";
import { toSecondaryCapture } from "./secondary-capture.ts";
import type { SecondaryCaptureContext } from "./secondary-capture-data-set.ts";

const dciodvfy = program("dciodvfy");

/** What our own inspection and, where it is installed, dciodvfy say of an object. */
const judged = (bytes: Uint8Array) =>
  inFolder(async (folder) => {
    const path = join(folder, "made.dcm");
    await Bun.write(path, bytes);
    const said = dciodvfy === null ? "" : Bun.spawnSync([dciodvfy, path]).stderr.toString();
    return { inspection: await inspect(path), errors: said.split("\n").filter((line) => line.startsWith("Error")) };
  });

const bareContext: SecondaryCaptureContext = {
  ...madeContext,
  patient: { name: "", id: "", birthDate: "", sex: "" },
  study: {
    ...madeContext.study,
    date: "",
    time: "",
    id: "",
    description: "",
    accessionNumber: "",
    referringPhysicianName: "",
  },
  series: { ...madeContext.series, description: "", bodyPart: "" },
};
const jpeg = await madeJpeg(31, 21);

describe("the object", () => {
  test("carries what is known of patient, study and series, and passes inspection without a warning", async () => {
    const { bytes } = await captured(jpeg);
    const { inspection, errors } = await judged(bytes);
    expect(errors).toEqual([]);
    expect(inspection).toMatchObject({
      kind: "instance",
      head: null,
      warnings: [],
      sopClassUID: "1.2.840.10008.5.1.4.1.1.7",
      sopInstanceUID: "2.25.23",
      studyInstanceUID: "2.25.21",
      seriesInstanceUID: "2.25.22",
      transferSyntaxUID: "1.2.840.10008.1.2.4.50",
      patientName: "Müller^Jürgen=山田^太郎",
      patientID: "P-1",
      patientBirthDate: "19700131",
      patientSex: "M",
      studyDate: "20250102",
      studyDescription: "CT Schädel",
      accessionNumber: "A-1",
      referringPhysicianName: "Beispiel^Anna^^Dr.",
      modality: "OT",
      bodyPartExamined: "HEAD",
      seriesNumber: "900",
      seriesDescription: "Bilder",
      instanceNumber: "1",
    });
  });
  test("is sound where nothing is known that need not be", async () => {
    for (const picture of [jpeg, madePicture(3, 3)])
      expect((await judged((await captured(picture, bareContext)).bytes)).errors).toEqual([]);
  });
  test("is sound whatever the part of the body, with sides or without", async () => {
    for (const bodyPart of ["", "knee", "left knee", "CHEST", "Schädel"])
      expect(
        (await judged((await captured(jpeg, { ...madeContext, series: { ...madeContext.series, bodyPart } })).bytes))
          .errors,
      ).toEqual([]);
  });
  test("is the same when it is made again", async () => {
    const [first, second] = [await captured(jpeg), await captured(jpeg)];
    expect(first.bytes.equals(second.bytes)).toBe(true);
    expect(first.size).toBe(first.bytes.length);
  });
  test("holds an odd number of bytes padded to an even one", async () => {
    const { bytes } = await captured(madePicture(3, 3));
    expect(pixelBytes(bytes).length).toBe(28);
    expect((await judged(bytes)).errors).toEqual([]);
  });
  test("names the modality that is given", async () => {
    const { bytes } = await captured(jpeg, { ...madeContext, series: { ...madeContext.series, modality: "XC" } });
    expect((await judged(bytes)).inspection).toMatchObject({ modality: "XC" });
  });
});

describe("texts of people", () => {
  test("a long description is cut, and told", async () => {
    const series = { ...madeContext.series, description: "ß".repeat(80) };
    const { bytes, codes } = await captured(jpeg, { ...madeContext, series });
    expect(codes).toEqual(["image_text_shortened"]);
    expect((await judged(bytes)).inspection).toMatchObject({ seriesDescription: "ß".repeat(64) });
  });
  test("a name, an ID or a date that does not fit refuses the picture, says nothing of it and leaves no file", async () => {
    const { patient, study } = madeContext;
    const contexts: SecondaryCaptureContext[] = [
      { ...madeContext, patient: { ...patient, name: "X".repeat(65) } },
      { ...madeContext, patient: { ...patient, id: "X\\Y" } },
      { ...madeContext, patient: { ...patient, birthDate: "1970-01-31" } },
      { ...madeContext, study: { ...study, accessionNumber: "X".repeat(17) } },
    ];
    for (const context of contexts)
      await inFolder(async (folder) => {
        const [from, into] = [join(folder, "picture"), join(folder, "made.dcm")];
        await Bun.write(from, jpeg);
        const making = toSecondaryCapture(from, await readImageHeader(from), context, into);
        expect(await making.catch((error) => [error.code, /X|1970/.test(error.message)])).toEqual([
          "image_identity_unfit",
          false,
        ]);
        expect(existsSync(into)).toBe(false);
      });
  });
});

test("what is no JPEG or PNG is refused in words that help", async () => {
  const message = (bytes: Uint8Array) => captured(bytes).catch((error) => `${error.code} ${error.message}`);
  expect(await message(Buffer.from("\0\0\0\x18ftypheic"))).toMatch(/^image_kind_unsupported HEIC .*Most Compatible/);
  for (const [start, word] of [
    ["GIF89a", "GIF"],
    ["RIFF    WEBPVP8 ", "WebP"],
    ["II*\0", "TIFF"],
    ["BM", "BMP"],
    ["<svg>", "SVG"],
    ["\0\0\0\x0cjP  \r\n", "JPEG 2000"],
  ] as const)
    expect(await message(Buffer.from(start))).toStartWith(`image_kind_unsupported ${word} `);
  expect(await message(Buffer.from("text"))).toStartWith("image_kind_unsupported Only JPEG and PNG");
  expect(await message(Buffer.alloc(0))).toStartWith("image_kind_unsupported");
});
