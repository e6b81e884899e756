import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readJpegHeader } from "../../src/dicom/image-jpeg-header.ts";
import { turned } from "../../web/core/turning.ts";
import { sharedData } from "../support/shared-data.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-turning-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const headerOf = async (bytes: Uint8Array) => {
  const path = join(folder, "photo.jpg");
  writeFileSync(path, bytes);
  const file = await open(path);
  try {
    return await readJpegHeader(file);
  } finally {
    await file.close();
  }
};

if (sharedData !== null) {
  const data = sharedData;
  test.each([
    ["jpeg-baseline.jpg", 1, 6],
    ["jpeg-exif-rotate6.jpg", 6, 3],
    ["jpeg-exif-gps.jpg", 1, 6],
    ["jpeg-progressive.jpg", 1, 6],
    ["jpeg-comment.jpg", 1, 6],
  ])("%s turned in the app stands as the box understands it", async (name, before, after) => {
    const bytes = await Bun.file(join(data, "images", name)).bytes();
    const once = new Uint8Array(await (await turned(new File([bytes], name))).arrayBuffer());
    const [old, now] = [await headerOf(bytes), await headerOf(once)];
    expect([old.orientation, now.orientation]).toEqual([before, after] as never);
    expect({ ...now, orientation: 0 }).toEqual({ ...old, orientation: 0 } as never);
    expect(Buffer.from(once).includes("GPS")).toBe(false);
  });
}
