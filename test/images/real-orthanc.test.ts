import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DecodedPng, decode } from "fast-png";
import { readImageHeader } from "../../src/dicom/image-header.ts";
import { madeContext } from "../../src/dicom/image-made.ts";
import { toSecondaryCapture } from "../../src/dicom/secondary-capture.ts";
import { manifestRows } from "../support/manifest.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";

setDefaultTimeout(60_000);
/** Uncertain rows that this product refuses. */
const refused = new Set(["images/jpeg-corrupt.jpg", "images/jpeg-no-eoi.jpg"]);
const rows = manifestRows("Images").filter((row) => row.expected.startsWith("accept") && !refused.has(row.path));

/** A sample's value of 0 to 255, whatever the picture's channels. */
const sampleAt = ({ data, width, channels, depth }: DecodedPng, x: number, y: number, channel: number): number => {
  const value = data[(y * width + x) * channels + (channels < 3 ? 0 : channel)] ?? -1000;
  return depth === 16 ? value / 257 : value;
};

/** The mean difference of two pictures of one size, looked at in 64 × 64 places. */
function difference(a: DecodedPng, b: DecodedPng): number {
  let sum = 0;
  for (let row = 0; row < 64; row++)
    for (let column = 0; column < 64; column++)
      for (let channel = 0; channel < 3; channel++) {
        const [x, y] = [Math.floor((column * a.width) / 64), Math.floor((row * a.height) / 64)];
        sum += Math.abs(sampleAt(a, x, y, channel) - sampleAt(b, x, y, channel));
      }
  return sum / (64 * 64 * 3);
}

const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8;

/** Pictures whose samples a viewer shows otherwise: spread to the window, or laid on black. */
const otherwise = /gray16|alpha|rgba/;

if (orthancProgram !== null && rows.length > 0) {
  let server: OrthancServer;
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relaypacs-pictures-"));
    server = await startOrthanc();
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  describe("a real Orthanc stores what is made of a picture and shows it as it was", () => {
    for (const [index, row] of rows.entries())
      test(row.path, async () => {
        const made = join(folder, `${index}.dcm`);
        const context = { ...madeContext, sopInstanceUID: `2.25.77${index}`, instanceNumber: index + 1 };
        await toSecondaryCapture(row.file, await readImageHeader(row.file), context, made);
        const stored = await fetch(`${server.url}/instances`, { method: "POST", body: await Bun.file(made).bytes() });
        const { ID, Status } = (await stored.json()) as { ID: string; Status: string };
        expect(Status).toBe("Success");
        const preview = await fetch(`${server.url}/instances/${ID}/preview`, { headers: { accept: "image/jpeg" } });
        expect(preview.status).toBe(200);
        expect(isJpeg(await preview.bytes())).toBe(true);
        // A preview is spread to the darkest and the brightest; this one follows the object's own window.
        const rendered = await fetch(`${server.url}/instances/${ID}/rendered`, { headers: { accept: "image/png" } });
        const shown = decode(await rendered.bytes());
        // Bun's decoder turns a picture upright as EXIF says.
        const source = decode(
          await new Bun.Image(await Bun.file(row.file).bytes()).png({ compressionLevel: 1 }).bytes(),
        );
        expect([shown.width, shown.height]).toEqual([source.width, source.height]);
        if (!otherwise.test(row.path)) expect(difference(shown, source)).toBeLessThan(3);
      });
  });
}
