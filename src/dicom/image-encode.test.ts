import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { encodeAnew } from "./image-encode.ts";
import { type JpegHeader, readJpegHeader } from "./image-jpeg-header.ts";
import { encoderPid, inFolder, madeJpeg } from "./image-made.ts";

setDefaultTimeout(60_000);
/** More than is opened in this process. */
const [width, height] = [1600, 1300] as const;

async function large(): Promise<Buffer> {
  const small = await madeJpeg(160, 130);
  return await new Bun.Image(small).resize(width, height).jpeg({ quality: 80, progressive: true }).buffer();
}

const encodedFrom = (bytes: Buffer) =>
  inFolder(async (folder) => {
    const path = join(folder, "picture");
    await Bun.write(path, bytes);
    const file = await open(path);
    const header: JpegHeader = await readJpegHeader(file);
    await file.close();
    return await encodeAnew(path, bytes, header);
  });

describe("a picture that is opened in a process of its own", () => {
  test("is the one that this process would have made", async () => {
    const bytes = await large();
    expect((await encodedFrom(bytes)).equals(await new Bun.Image(bytes).jpeg({ quality: 95 }).buffer())).toBe(true);
  });

  test("two at once are both made", async () => {
    const bytes = await large();
    const [one, two] = await Promise.all([encodedFrom(bytes), encodedFrom(bytes)]);
    expect(one.length).toBeGreaterThan(0);
    expect(one.equals(two)).toBe(true);
  });

  test("damaged: refused, and the next one is made", async () => {
    const bytes = await large();
    const damaged = Buffer.from(bytes);
    // The lengths of the codes in the first Huffman table: there are more of them than can be.
    damaged.fill(0xff, damaged.indexOf(Buffer.from([0xff, 0xc4])) + 5, damaged.indexOf(Buffer.from([0xff, 0xc4])) + 21);
    await expect(encodedFrom(damaged)).rejects.toMatchObject({ code: "image_corrupt" });
    expect((await encodedFrom(bytes)).length).toBeGreaterThan(0);
  });

  test("a stop of that process is no verdict on the picture, but a lack of memory is", async () => {
    const bytes = await large();
    for (const [signal, code] of [
      ["SIGTERM", undefined],
      ["SIGINT", undefined],
      ["SIGKILL", "image_too_large"],
    ] as const) {
      const outcome = encodedFrom(bytes).then(
        () => null,
        (error: { code?: string }) => error,
      );
      process.kill(await encoderPid(), signal);
      const error = await outcome;
      expect(error).toBeInstanceOf(Error);
      expect(error?.code).toBe(code);
    }
  });
});
