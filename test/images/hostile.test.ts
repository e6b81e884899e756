import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { madeJpeg } from "../../src/dicom/image-made.ts";
import { type Desk, openDesk } from "../studies/desk.ts";
import { fileOf, type SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { sharedData } from "../support/shared-data.ts";
import { type HostilePicture, hostilePictures, stowaway } from "./hostile-pictures.ts";

setDefaultTimeout(60_000);
const megabyte = 1_048_576;
const mostMemory = 300 * megabyte;
const jane = { patient_id: "J-1", patient_name: "Doe^Jane" };

describe("T20: pictures made to harm", () => {
  let desk: Desk;
  let pictures: HostilePicture[] = [];
  const good = (uid: string): SendFile => ({ name: "IM1", bytes: madeBytes({ study: uid, sop: `${uid}.1` }) });
  beforeAll(async () => {
    desk = await openDesk();
    pictures = await hostilePictures();
    // The same kinds of work, harmless, so that code and caches are in memory before it is measured.
    const warm = [{ name: "a.jpg", bytes: await madeJpeg(64, 48, { progressive: true }) }, good("2.25.7700")];
    await desk.send(warm, { study_metadata: jane });
  });
  afterAll(() => desk.stop());

  test("each is refused in words or stripped, memory stays, and an upload beside them is delivered", async () => {
    const before = await desk.box.peakMemory();
    const [status, beside] = await Promise.all([
      desk.send([good("2.25.7701"), ...pictures.map(({ file }) => file)]),
      desk.send([good("2.25.7702")]),
    ]);
    const peak = await desk.box.peakMemory();
    expect(beside).toMatchObject({ state: "delivered", warnings: [] });
    expect(desk.arrived("2.25.7702")).toHaveLength(1);

    const told = status.warnings.map(({ code, file_name }) => `${file_name}: ${code}`);
    const wanted = pictures.flatMap(({ file, refused }) => (refused === null ? [] : [`${file.name}: ${refused}`]));
    expect(told.sort()).toEqual(wanted.sort());
    for (const { message } of status.warnings) expect(message).toMatch(/^[A-Z].+\. [A-Z].+\.$/);
    const taken = pictures.filter(({ refused }) => refused === null).length;
    expect(status).toMatchObject({ state: "partial", studies: [{ instance_count: 1 + taken }] });

    const arrived = desk.arrived("2.25.7701");
    expect(arrived).toHaveLength(1 + taken);
    for (const { bytes } of arrived)
      for (const text of [stowaway, "PK\x03\x04", "Exif", "SERIAL"]) expect(bytes.includes(text)).toBe(false);
    process.stdout.write(
      `hostile pictures: peak ${Math.round(before / megabyte)} MiB before, ${Math.round(peak / megabyte)} MiB after\n`,
    );
    expect(peak).toBeLessThan(mostMemory);
    expect(peak - before).toBeLessThan(64 * megabyte);
  });

  test("alone and without a patient they are refused before anybody is asked", async () => {
    const bad = pictures.filter(({ refused }) => refused !== null).map(({ file }) => file);
    const status = await desk.send(bad);
    expect(status).toMatchObject({ state: "failed", error: { code: "nothing_to_send" }, studies: [] });
    expect(status.warnings).toHaveLength(bad.length);
  });
});

/** 4000 × 3000, as a phone takes it. */
async function large(): Promise<Uint8Array> {
  const source =
    sharedData === null ? await madeJpeg(4000, 3000) : fileOf(join(sharedData, "images/jpeg-12mp.jpg")).bytes;
  return new Bun.Image(source).jpeg({ quality: 90, progressive: true }).bytes();
}

test("five photos of 12 megapixels that are encoded anew are opened one at a time, and not in the box", async () => {
  const desk = await openDesk();
  try {
    const bytes = await large();
    // Each with a byte of its own behind its end: the same file five times would be sent once.
    const files = [1, 2, 3, 4, 5].map((n) => ({ name: `${n}.jpg`, bytes: Buffer.concat([bytes, Buffer.of(n)]) }));
    const status = await desk.send(files, { study_metadata: jane });
    expect(status).toMatchObject({ state: "delivered", studies: [{ instance_count: 5 }] });
    expect(status.warnings.map(({ code }) => code)).toEqual(Array(5).fill("image_reencoded"));
    const peak = await desk.box.peakMemory();
    process.stdout.write(`five photos of 12 megapixels: peak ${Math.round(peak / megabyte)} MiB\n`);
    expect(peak).toBeLessThan(mostMemory);
  } finally {
    await desk.stop();
  }
});

test("a photo of 36 megapixels that is encoded anew takes none of the box's own memory", async () => {
  const desk = await openDesk();
  try {
    const small = await madeJpeg(600, 600);
    const bytes = await new Bun.Image(small).resize(6000, 6000).jpeg({ quality: 80, progressive: true }).bytes();
    const status = await desk.send([{ name: "a.jpg", bytes }], { study_metadata: jane });
    expect(status).toMatchObject({ state: "delivered", warnings: [{ code: "image_reencoded" }] });
    const peak = await desk.box.peakMemory();
    process.stdout.write(`a photo of 36 megapixels: peak ${Math.round(peak / megabyte)} MiB\n`);
    // Opened it has 250 MB.
    expect(peak).toBeLessThan(200 * megabyte);
  } finally {
    await desk.stop();
  }
});
