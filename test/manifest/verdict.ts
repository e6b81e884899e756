import type { ManifestRow } from "../support/manifest.ts";

/** The manifest's words for a refusal, and the product's codes for it. */
const refusals: Readonly<Record<string, readonly string[]>> = {
  "R-NOT-DICOM": ["left_out"],
  "R-EMPTY": ["left_out"],
  "R-NO-DICOM": ["left_out"],
  "R-IMAGE-KIND": ["image_kind_unsupported", "left_out"],
  "R-TRUNCATED": ["dicom_truncated", "image_truncated"],
  "R-CORRUPT": ["dicom_corrupt", "image_corrupt"],
  "R-NO-SOP-UID": ["sop_instance_uid_missing"],
  "R-NO-SOP-CLASS": ["sop_class_uid_missing"],
  "R-NO-STUDY-UID": ["study_instance_uid_missing"],
  "R-NO-SERIES-UID": ["series_instance_uid_missing"],
  "R-BAD-UID": ["uid_invalid"],
  "R-SOP-CLASS": ["sop_class_unsupported"],
  "R-TS": ["transfer_syntax_unknown"],
  "R-PIXEL-LENGTH": ["pixel_data_length"],
  "R-NOT-STUDY": ["not_part_of_study"],
  "R-SOP-COLLISION": ["sop_conflict"],
  "R-PATIENT-MISMATCH": ["patient_mismatch"],
  "R-ENCRYPTED": ["archive_encrypted"],
  "R-MULTIVOLUME": ["archive_volume_missing"],
  "R-ARCHIVE-TYPE": ["archive_unsupported", "left_out"],
  "R-ARCHIVE-CORRUPT": ["archive_corrupt"],
  "R-ZIP-METHOD": ["archive_unsupported"],
  "R-TRAVERSAL": ["archive_unsafe_path"],
  "R-SYMLINK": ["archive_link"],
  "R-BOMB": ["archive_bomb", "dicom_bomb", "image_too_large"],
  "R-TOO-MANY": ["archive_bomb"],
  // Members get names of our own, so none is too long, odd or there twice: these are taken.
  "R-NAME": [],
  "R-DUPLICATE-NAME": [],
};
/** Codes of what is DICOM, an image or an archive and is not sent: with one of them an upload is not whole. */
const refusalCodes: ReadonlySet<string> = new Set(
  Object.values(refusals)
    .flat()
    .filter((code) => code !== "left_out"),
);
export const isRefusal = (code: string): boolean => refusalCodes.has(code);

const warnings: Readonly<Record<string, string>> = {
  "W-PAT": "patient_missing",
  "W-TS": "transfer_syntax_rare",
  "W-META": "meta_rewritten",
  "W-UID": "uid_irregular",
  "W-VALUE": "value_irregular",
  "W-CHARSET": "charset_irregular",
  "W-NO-PIXELS": "pixel_data_missing",
};

/** What may become of a row that is sent alone; one of the ways out is enough. */
export interface Verdict {
  /** How many instances may arrive; empty: none. */
  readonly accepted: readonly number[];
  /** Codes that are told of what arrives. */
  readonly warned: readonly string[];
  /** Codes it may be refused or left out with. */
  readonly refused: readonly string[];
}

/** Rows whose table words leave open what the product must do, with the reason. */
const settled: Readonly<Record<string, Partial<Verdict>>> = {
  // All its UIDs are letters and digits; like bad-uid-letters.dcm.
  "invalid/bad-sequence.dcm": { accepted: [], refused: ["uid_invalid"] },
  // Inflates to more than its image description accounts for.
  "invalid/deflated-bomb-256mb.dcm": { accepted: [] },
  // Told by content: a picture, whatever its name says.
  "invalid/jpeg-renamed.dcm": { accepted: [1] },
  // Its row speaks of the pair.
  "invalid/sop-duplicate/copy of a.dcm": { accepted: [1] },
  // Two and two, as the first column says.
  "archives/zip/two-patients.zip": { accepted: [4] },
  // The picture beside it becomes a series of the study.
  "archives/zip/jpeg-and-dicom.zip": { accepted: [2] },
  // Its scan is spoiled; one without its end is cut short.
  "images/jpeg-corrupt.jpg": { accepted: [], refused: ["image_corrupt"] },
  "images/jpeg-no-eoi.jpg": { accepted: [], refused: ["image_truncated"] },
  // CONTRACT §2: an archive inside an archive is opened, deeper ones are left out with a warning.
  "archives/zip/nested-zip.zip": { accepted: [2], warned: ["left_out"] },
  "archives/hostile/nested-bomb.zip": { refused: ["left_out"] },
  // Opens to 200 MB of zeros, below the 256 MiB from which the ratio counts, and the zeros are no image.
  "archives/hostile/gzip-bomb-200mb.dcm.gz": { refused: ["left_out"] },
  "archives/hostile/ratio-200mb.zip": { refused: ["left_out"] },
};

export function verdictOf({ path, expected }: ManifestRow): Verdict {
  const alone = expected
    .replace(/accept .* when all parts are given; alone: /, "")
    .replace(/; (?:together|with \S+): .*$/, "");
  const accepted = [...alone.matchAll(/\baccept\b(?: (\d+))?/g)].map(([, count = "1"]) => Number(count));
  const repaired = /\brepair\b/.test(alone);
  const refused = [...alone.matchAll(/\bR-[A-Z-]+/g)].flatMap(([code]) => known(refusals, code));
  return {
    accepted: repaired ? [...accepted, 1] : accepted,
    warned: [
      ...[...alone.matchAll(/\bW-[A-Z-]+/g)]
        .filter(([code]) => code !== "W-SERIES")
        .map(([code]) => known(warnings, code)),
      ...(repaired ? ["meta_rewritten"] : []),
    ],
    refused: /\bignore\b/.test(alone) ? [...refused, "left_out"] : refused,
    ...settled[path],
  };
}

function known<T>(table: Readonly<Record<string, T>>, code: string): T {
  const found = table[code];
  if (found === undefined) throw new Error(`the manifest has a code that this table lacks: ${code}`);
  return found;
}
