import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RelayError } from "../../src/core/errors.ts";
import { readImageHeader } from "../../src/dicom/image-header.ts";
import { exif, madeContext, madeJpeg, madePng, withSegment } from "../../src/dicom/image-made.ts";
import { inspect } from "../../src/dicom/inspect.ts";
import { toSecondaryCapture } from "../../src/dicom/secondary-capture.ts";
import { type Corpus, checkTold } from "./corpus.ts";
import { mutated } from "./mutate.ts";

const png = { width: 40, height: 30, sample: (x: number, y: number) => (x * y) & 15 } as const;
const refusals: ReadonlySet<string> = new Set([
  "image_corrupt",
  "image_truncated",
  "image_kind_unsupported",
  "image_too_large",
]);

/** Sound pictures of every kind that is read. */
export const soundPictures = async (): Promise<Buffer[]> => [
  await madeJpeg(64, 48),
  await madeJpeg(64, 48, { progressive: true }),
  withSegment(await madeJpeg(64, 48), 0xe1, exif(6)),
  madePng({ ...png, bits: 8, type: 6 }),
  madePng({ ...png, bits: 16, type: 0, filters: [0, 1, 2, 3, 4] }),
  madePng({ ...png, bits: 8, type: 2, interlaced: true }),
];

/** A spoiled picture is refused with a code, or becomes an object that our own reader finds sound. */
export async function checkPicture(folder: string, bytes: Uint8Array): Promise<string> {
  const [from, into] = [join(folder, "picture"), join(folder, "made.dcm")];
  writeFileSync(from, bytes);
  try {
    await toSecondaryCapture(from, await readImageHeader(from), madeContext, into);
  } catch (error) {
    if (!(error instanceof RelayError) || !refusals.has(error.code)) throw error;
    checkTold(error.code, error.message);
    return error.code;
  }
  const found = await inspect(into);
  if (found.kind !== "instance" || found.warnings.length > 0) throw new Error("the object that was made is not sound");
  return "made";
}

export const images: Corpus = {
  name: "images",
  full: 5_000,
  short: 500,
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "relaypacs-corpus-"));
    const pictures = await soundPictures();
    const outcomes: Record<string, number> = {};
    return {
      async one(pick) {
        const bytes = mutated(pick.of(pictures), pick, (length) => pick.below(Math.min(length, 300)));
        const outcome = await checkPicture(folder, bytes);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      },
      async close() {
        rmSync(folder, { recursive: true });
        // Not all alike, or the corpus would test one branch; a handful may be.
        const enough = Object.values(outcomes).reduce((sum, count) => sum + count, 0) >= 100;
        for (const outcome of ["made", "image_corrupt", "image_truncated"])
          if (enough && !outcomes[outcome]) throw new Error(`no picture ended as ${outcome}`);
        return `${outcomes.made ?? 0} became objects`;
      },
    };
  },
};
