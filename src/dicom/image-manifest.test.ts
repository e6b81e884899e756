import { describe, expect, test } from "bun:test";
import { relative } from "node:path";
import { convertIndexedToRgb, decode } from "fast-png";
import { program } from "../../test/support/child.ts";
import { type ManifestRow, manifestRows } from "../../test/support/manifest.ts";
import { sharedData, sharedFiles } from "../../test/support/shared-data.ts";
import { captured, inFolder, pixelBytes } from "./image-made.ts";
import { inspect } from "./inspect.ts";

const verdicts: Readonly<Record<string, string>> = {
  "R-IMAGE-KIND": "image_kind_unsupported",
  // The upload tells empty files before anyone looks at them; here they are no picture.
  "R-EMPTY": "image_kind_unsupported",
  "R-BOMB": "image_too_large",
  "R-TRUNCATED": "image_truncated",
  "R-CORRUPT": "image_corrupt",
};
/** What a row's "accept" tells beside it. */
const told: Readonly<Record<string, readonly string[]>> = {
  "images/jpeg-cmyk.jpg": ["image_reencoded"],
  "images/jpeg-exif-rotate6.jpg": ["image_reencoded"],
  "images/jpeg-progressive.jpg": ["image_reencoded"],
  "images/png-gray-alpha.png": ["image_transparency_removed"],
  "images/png-rgba.png": ["image_transparency_removed"],
  "images/png-rgb16.png": ["image_depth_reduced"],
};
/** Of the two ways out that these rows leave, the strict one. */
const refusals: Readonly<Record<string, string>> = {
  "images/jpeg-corrupt.jpg": "image_corrupt",
  "images/jpeg-no-eoi.jpg": "image_truncated",
};
const dciodvfy = program("dciodvfy");

function verdictOf({ path, expected }: ManifestRow): string {
  if (refusals[path] !== undefined) return refusals[path];
  if (expected.startsWith("accept")) return ["accept", ...(told[path] ?? [])].join(" ");
  return verdicts[/^reject (R-[A-Z-]+)/.exec(expected)?.[1] ?? ""] ?? `a row of another form: ${expected}`;
}

/** The pixels of a PNG as they should be stored, by a decoder that is not ours. */
function reference(png: Uint8Array): Buffer {
  const image = decode(png, { checkCrc: true });
  if (image.palette) return Buffer.from(convertIndexedToRgb(image));
  if (image.channels === 1 && image.depth === 16) return Buffer.from(Uint16Array.from(image.data).buffer);
  const bytes = image.depth === 16 ? Array.from(image.data, (value) => Math.round(value / 257)) : [...image.data];
  if (image.depth < 8) return Buffer.from([...unpacked(image.data, image.width, image.height, image.depth)]);
  if (image.channels === 1 || image.channels === 3) return Buffer.from(bytes);
  const colours = image.channels - 1;
  return Buffer.from(
    bytes.flatMap((value, at) =>
      at % image.channels === colours
        ? []
        : [Math.round((value * (bytes[at - (at % image.channels) + colours] ?? 0)) / 255)],
    ),
  );
}

function* unpacked(data: ArrayLike<number>, width: number, height: number, bits: number): Generator<number> {
  const stride = Math.ceil((width * bits) / 8);
  const most = 2 ** bits - 1;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      yield (((data[y * stride + ((x * bits) >> 3)] ?? 0) >> (8 - bits - ((x * bits) & 7))) & most) * (255 / most);
}

if (sharedData !== null) {
  const root = sharedData;
  const rows = manifestRows("Images");
  const sound = rows.filter((row) => verdictOf(row).startsWith("accept"));
  const bytesOf = async ({ file }: ManifestRow) => Buffer.from(await Bun.file(file).bytes());

  describe("every picture of the manifest meets its verdict", () => {
    for (const row of rows)
      test(row.path, async () => {
        const made = captured(await bytesOf(row)).then(
          ({ codes }) => ["accept", ...codes].join(" "),
          (error) => error.code,
        );
        expect(await made).toBe(verdictOf(row));
      });
  });

  describe("what is made of it is sound", () => {
    for (const row of sound)
      test(row.path, async () => {
        const { bytes } = await captured(await bytesOf(row));
        await inFolder(async (folder) => {
          const path = `${folder}/made.dcm`;
          await Bun.write(path, bytes);
          expect(await inspect(path)).toMatchObject({ kind: "instance", warnings: [], head: null });
          const said = dciodvfy === null ? "" : Bun.spawnSync([dciodvfy, path]).stderr.toString();
          expect(said.split("\n").filter((line) => line.startsWith("Error"))).toEqual([]);
        });
      });
  });

  describe("the picture is the one that came", () => {
    for (const row of sound)
      test(row.path, async () => {
        const picture = await bytesOf(row);
        const { bytes, header } = await captured(picture);
        const stored = pixelBytes(bytes);
        if (header.kind === "png") {
          const pixels = reference(picture);
          expect(stored.subarray(0, pixels.length).equals(pixels)).toBe(true);
          return;
        }
        const scan = picture.subarray(picture.lastIndexOf(Buffer.from([0xff, 0xda])));
        const end = scan.indexOf(Buffer.from([0xff, 0xd9])) + 2;
        expect(stored.includes(scan.subarray(0, end))).toBe(!(row.path in told));
      });
  });

  test("nothing of a picture's own metadata is in the object", async () => {
    const secrets = ["Exif", "JFIF", "ICC_PROFILE", "hello", "Author", "zTXt", "PK\x03\x04"];
    for (const row of sound) {
      const { bytes } = await captured(await bytesOf(row));
      for (const secret of secrets)
        expect([row.path, secret, bytes.includes(secret)]).toEqual([row.path, secret, false]);
    }
    const tagged = await Bun.file(`${root}/images/jpeg-exif-gps.jpg`).bytes();
    const texts =
      Buffer.from(tagged.subarray(20, 400))
        .toString("latin1")
        .match(/[A-Za-z0-9 .-]{6,}/g) ?? [];
    expect(texts.length).toBeGreaterThan(1);
    const { bytes } = await captured(tagged);
    expect(texts.filter((text) => bytes.includes(text))).toEqual([]);
  });

  test("no picture of the test data is without a row", () => {
    const known = new Set(rows.map(({ path }) => path));
    expect(sharedFiles("images").filter((file) => !known.has(relative(root, file)))).toEqual([]);
    expect(rows.length).toBeGreaterThan(40);
  });
}
