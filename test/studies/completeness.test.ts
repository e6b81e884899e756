import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { basename, join } from "node:path";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { filesOfFolder } from "../manifest/lab.ts";
import { fileOf, type SendFile } from "../support/client.ts";
import { readDicom } from "../support/dicom-file.ts";
import { madeBytes } from "../support/made-instance.ts";
import { sharedData, sharedFiles } from "../support/shared-data.ts";
import { codesOf, type Desk, openDesk } from "./desk.ts";

setDefaultTimeout(30_000);
let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.stop());

const slices = (study: string, numbers: readonly number[]): SendFile[] =>
  numbers.map((instanceNumber) => ({ name: `IM${instanceNumber}`, bytes: madeBytes({ study, instanceNumber }) }));
const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const arrivedOf = (files: readonly SendFile[]) => {
  const uid = readDicom(files[0]?.bytes ?? new Uint8Array()).studyInstanceUID;
  return desk.arrived(uid).length;
};

test("slices missing from the middle: told in words, with numbers, and what is there is delivered", async () => {
  const files = slices(
    "2.25.7601",
    oneTo(16).filter((number) => number !== 7 && number !== 11),
  );
  const status = await desk.send(files);
  expect([status.state, codesOf(status)]).toEqual(["delivered", ["series_incomplete"]]);
  expect(status.warnings[0]?.message).toStartWith("Series 3: 14 of 16 images.");
  expect(arrivedOf(files)).toBe(14);
});

test("a whole series is no matter for words", async () => {
  const files = slices("2.25.7602", oneTo(16));
  expect(await desk.send(files)).toMatchObject({ state: "delivered", warnings: [] });
});

if (sharedData !== null) {
  const data = sharedData;

  test("14 of the 16 slices of a real MR series", async () => {
    const all = sharedFiles("dicom/study-mr-16").map((path) => fileOf(path));
    const files = all.filter((_, index) => index !== 7 && index !== 8);
    const status = await desk.send(files);
    expect([status.state, codesOf(status)]).toEqual(["delivered", ["series_incomplete"]]);
    expect(status.warnings[0]?.message).toMatch(/^Series \d+: 14 of 16 images\. Compare with the source/);
    expect(arrivedOf(files)).toBe(14);
  });

  const disc = filesOfFolder(join(data, "dicom/fileset-dicomdir"));
  const images = disc.filter(({ name }) => basename(name) !== "DICOMDIR");
  /** Two of one study, so that its other images remain. */
  const study = Map.groupBy(images, ({ bytes }) => readDicom(bytes).studyInstanceUID);
  const gone = new Set([...study.values()].find((files) => files.length >= 4)?.slice(0, 2));
  const rest = disc.filter((file) => !gone.has(file));
  const forms: [string, SendFile[]][] = [
    ["as a folder", rest],
    ["as a ZIP", [{ name: "disc.zip", bytes: makeZip(rest.map(({ name, bytes }) => ({ name, data: bytes }))) }]],
  ];
  for (const [what, files] of forms)
    test(`a disc whose directory lists two files more, ${what}`, async () => {
      const status = await desk.send(files, { resend: { reason: "test" } });
      expect(status.state).toBe("delivered");
      const [told] = status.warnings.filter(({ code }) => code === "directory_incomplete");
      const all = study.get(readDicom([...gone][0]?.bytes ?? new Uint8Array()).studyInstanceUID)?.length ?? 0;
      expect(told?.message).toStartWith(
        `The disc's directory lists ${all} images of this study; ${all - 2} were sent.`,
      );
      const sum = status.studies.reduce((count, one) => count + one.instance_count, 0);
      expect(sum).toBe(images.length - 2);
    });
}
