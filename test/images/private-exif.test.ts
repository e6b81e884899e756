import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { madeJpeg, withSegment } from "../../src/dicom/image-made.ts";
import { filesBelow, type Lab, startLab } from "../manifest/lab.ts";
import { until } from "../support/child.ts";
import { fileOf, type SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { sharedData } from "../support/shared-data.ts";

setDefaultTimeout(60_000);
const displaySeconds = 1;
let lab: Lab;
beforeAll(async () => {
  lab = await startLab(`[retention]\ndisplay_hours = ${displaySeconds / 3600}`);
});
afterAll(() => lab.stop());

const exifOf = (text: string) => Buffer.concat([Buffer.from("Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"), Buffer.from(text)]);

/** Runs of letters and digits in the EXIF block, long enough to be nobody else's: owner, serial number, maker, dates. */
function textsOf(jpeg: Uint8Array): string[] {
  const bytes = Buffer.from(jpeg);
  const at = bytes.indexOf("Exif\0\0");
  const block = bytes.toString("latin1", at + 6, at + bytes.readUInt16BE(at - 2));
  return [...new Set(block.match(/[\x20-\x7e]{7,}/g) ?? [])];
}

/** The degrees, minutes and seconds as they stand in the file: three rationals one behind another. */
function positionsOf(jpeg: Uint8Array): Buffer[] {
  const bytes = Buffer.from(jpeg);
  const start = bytes.indexOf("Exif\0\0") + 6;
  const little = bytes.toString("latin1", start, start + 2) === "II";
  const short = (at: number) => (little ? bytes.readUInt16LE(start + at) : bytes.readUInt16BE(start + at));
  const long = (at: number) => (little ? bytes.readUInt32LE(start + at) : bytes.readUInt32BE(start + at));
  const entries = (at: number) =>
    Array.from({ length: short(at) }, (_, index) => at + 2 + 12 * index).map((entry) => ({
      tag: short(entry),
      value: long(entry + 8),
    }));
  const gps = entries(long(4)).find(({ tag }) => tag === 0x8825);
  if (gps === undefined) return [];
  const places = entries(gps.value).filter(({ tag }) => tag === 2 || tag === 4);
  return places.map(({ value }) => bytes.subarray(start + value, start + value + 24));
}

interface PrivatePicture {
  readonly file: SendFile;
  readonly secrets: readonly (string | Buffer)[];
}

async function privatePictures(): Promise<PrivatePicture[]> {
  const text = "Owner Qzxowner Serial Qzxserial-4711 GPS 48.2082,16.3738";
  const made: SendFile = { name: "photo.jpg", bytes: withSegment(await madeJpeg(64, 48), 0xe1, exifOf(text)) };
  const pictures: PrivatePicture[] = [{ file: made, secrets: ["Qzxowner", "Qzxserial-4711", "48.2082"] }];
  if (sharedData !== null) {
    const file = fileOf(join(sharedData, "images/jpeg-exif-gps.jpg"));
    const secrets = [...textsOf(file.bytes), ...positionsOf(file.bytes)];
    expect(positionsOf(file.bytes)).toHaveLength(2);
    expect(secrets.length).toBeGreaterThan(3);
    pictures.push({ file, secrets });
  }
  return pictures;
}

test("T20: position, owner and serial number of a photo are nowhere: not in what arrived, not in the log, not on the disk", async () => {
  const pictures = await privatePictures();
  const secrets = pictures.flatMap((picture) => picture.secrets);
  const found = (where: string, bytes: Buffer) =>
    secrets.filter((secret) => bytes.includes(secret)).map((secret) => `${where}: ${secret}`);
  for (const { file, secrets: own } of pictures)
    expect(own.filter((secret) => !Buffer.from(file.bytes).includes(secret))).toEqual([]);

  const image = { name: "IM1", bytes: madeBytes({ study: "2.25.7801", sop: "2.25.7801.1" }) };
  const beside = await lab.send([image, ...pictures.map(({ file }) => file)]);
  const alone = await lab.send(
    pictures.map(({ file }) => file),
    { study_metadata: { patient_id: "J-1", patient_name: "Doe^Jane" } },
  );
  const client = await lab.box.client();
  for (const { status, arrived } of [beside, alone]) {
    expect(status.state).toBe("delivered");
    expect(arrived.size).toBeGreaterThanOrEqual(pictures.length);
    for (const [name, bytes] of arrived) expect(found(name, Buffer.from(bytes))).toEqual([]);
    await until("its names to go", async () =>
      (await client.status(status.upload_id)).files.every(({ name }) => name === null),
    );
    expect(found("status", Buffer.from(JSON.stringify(await client.status(status.upload_id))))).toEqual([]);
  }
  expect(found("log", Buffer.from([...lab.box.lines, ...lab.box.errors].join("\n")))).toEqual([]);
  const onDisk = filesBelow(lab.box.dataDir);
  expect(onDisk.some((name) => name.startsWith("relaypacs.db"))).toBe(true);
  for (const name of onDisk) expect(found(name, readFileSync(join(lab.box.dataDir, name)))).toEqual([]);
});
