import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readDicom } from "../../test/support/dicom-file.ts";
import { manifestRows } from "../../test/support/manifest.ts";
import { sharedData, sharedFiles } from "../../test/support/shared-data.ts";
import { inspect } from "./inspect.ts";
import type { InspectedInstance, Inspection } from "./inspection.ts";

/** What the manifest calls our codes. */
const verdicts: Readonly<Record<string, string>> = {
  "R-TRUNCATED": "dicom_truncated",
  "R-CORRUPT": "dicom_corrupt",
  "R-PIXEL-LENGTH": "pixel_data_length",
  "R-BAD-UID": "uid_invalid",
  "R-NO-SOP-CLASS": "sop_class_uid_missing",
  "R-NO-SOP-UID": "sop_instance_uid_missing",
  "R-NO-STUDY-UID": "study_instance_uid_missing",
  "R-NO-SERIES-UID": "series_instance_uid_missing",
  "R-NOT-STUDY": "not_part_of_study",
  "R-TS": "transfer_syntax_unknown",
  "R-SOP-CLASS": "sop_class_unsupported",
  "R-BOMB": "dicom_bomb",
  "R-NOT-DICOM": "not_dicom",
  "R-EMPTY": "not_dicom",
  "W-PAT": "patient_missing",
  "W-TS": "transfer_syntax_rare",
  "W-META": "meta_rewritten",
  "W-UID": "uid_irregular",
  "W-VALUE": "value_irregular",
  "W-CHARSET": "charset_irregular",
  "W-NO-PIXELS": "pixel_data_missing",
};
/** Told across files, where studies are put together. */
const acrossFiles = new Set(["W-SERIES"]);

/** Warnings that are true and that the row leaves unsaid. */
const unsaid: Readonly<Record<string, readonly string[]>> = {
  // The meta names another SOP Instance UID than the data set.
  "dicom/charset/chrJapMulti.dcm": ["meta_rewritten", "pixel_data_missing"],
  "dicom/charset/chrJapMultiExplicitIR6.dcm": ["meta_rewritten", "pixel_data_missing"],
  "dicom/single/rtdose-15f.dcm": ["meta_rewritten"],
  "dicom/single/rtplan.dcm": ["meta_rewritten"],
  "invalid/bad-uid-leading-zero.dcm": ["meta_rewritten"],
  "invalid/bad-vr-number.dcm": ["meta_rewritten"],
  // The meta has no UIDs; or it has no group length.
  "dicom/single/nm-13f.dcm": ["meta_rewritten"],
  "invalid/no-meta-length-no-pixels.dcm": ["meta_rewritten"],
  // A CR image without pixel data.
  "dicom/charset/chrKoreanMulti.dcm": ["pixel_data_missing"],
  // No Patient ID.
  "dicom/no-preamble/ot-pal-face-bare.dcm": ["patient_missing"],
  "dicom/no-preamble/rtion-bare-explicit-be.dcm": ["patient_missing"],
  "dicom/no-preamble/rtion-bare-explicit-le.dcm": ["patient_missing"],
};
/** Its UIDs are 64 hexadecimal letters and digits: refused like `bad-uid-letters.dcm`; its structure is whole. */
const otherVerdict: Readonly<Record<string, string>> = { "invalid/bad-sequence.dcm": "reject R-BAD-UID" };

/** One way out that the row allows, in the words of {@link outcomeOf}; null for what concerns several files. */
function allowed(clause: string, path: string): string | null {
  const codes = [...clause.matchAll(/[RW]-[A-Z-]+/g)].map(([code]) => code).filter((code) => !acrossFiles.has(code));
  const ours = codes.map((code) => verdicts[code] ?? `no code for ${code}`);
  const accepted = (more: readonly string[]): string =>
    ["accept", ...new Set([...more, ...(unsaid[path] ?? [])].sort())].join(" ");
  if (/^accept\b/.test(clause)) return accepted(ours);
  if (/^repair\b/.test(clause)) return accepted(["meta_rewritten"]);
  if (/^reject\b/.test(clause)) return `refused ${ours.join(" ")}`;
  if (/^ignore \(duplicate\)/.test(clause)) return accepted([]);
  return clause === "ignore" ? "dicomdir" : null;
}

function outcomeOf(inspection: Inspection): string {
  if (inspection.kind === "instance")
    return ["accept", ...new Set(inspection.warnings.map((warning) => warning.code).sort())].join(" ");
  if (inspection.kind === "refused") return `refused ${inspection.code}`;
  return inspection.kind === "dicomdir" ? "dicomdir" : "refused not_dicom";
}

function expectHarmless(inspection: Inspection): void {
  const said = inspection.kind === "instance" ? inspection.warnings : inspection.kind === "refused" ? [inspection] : [];
  for (const { message } of said) {
    expect(message).toMatch(/^[A-Z][ -~]+\.$/);
    if (inspection.kind === "instance" && inspection.patientName.length > 1)
      expect(message).not.toContain(inspection.patientName);
  }
}

/** What leaves is a Part 10 object that agrees with itself; a reader that is not ours says so. */
function expectSendable(bytes: Uint8Array, instance: InspectedInstance): void {
  const leaving =
    instance.head === null ? bytes : Buffer.concat([instance.head, bytes.subarray(instance.dataSetOffset)]);
  const { sopClassUID, sopInstanceUID, studyInstanceUID, seriesInstanceUID, transferSyntaxUID } = instance;
  expect(readDicom(leaving)).toMatchObject({
    ...{ sopClassUID, sopInstanceUID, studyInstanceUID, seriesInstanceUID, transferSyntaxUID },
    dataSetOffset: instance.head?.length ?? instance.dataSetOffset,
  });
  if (instance.head === null) return;
  expect(Buffer.from(leaving.subarray(132, 144)).toString("hex")).toStartWith("02000000554c0400");
  expect(Buffer.from(leaving).readUInt32LE(140)).toBe(instance.head.length - 144);
}

if (sharedData !== null) {
  const root = sharedData;
  const files = [...manifestRows("DICOM: single files"), ...manifestRows("Invalid and odd DICOM")];
  const folders = manifestRows("DICOM: whole studies and file sets");

  describe("every file of the manifest meets its verdict", () => {
    for (const { path, cells } of files) {
      test(path, async () => {
        const inspection = await inspect(join(root, path), { today: "20261121" });
        const clauses = (otherVerdict[path] ?? cells[2] ?? "").split(/ or |; /);
        const outcomes = clauses.map((clause) => allowed(clause.trim(), path)).filter((outcome) => outcome !== null);
        expect(outcomes).toContain(outcomeOf(inspection));
        expectHarmless(inspection);
        if (inspection.kind !== "instance") return;
        expectSendable(readFileSync(join(root, path)), inspection);
        const studyInstanceUID = /^[\d.]+$/.exec(cells[4] ?? "")?.[0];
        if (studyInstanceUID !== undefined) expect(inspection.studyInstanceUID).toBe(studyInstanceUID);
        const name = /^name: (.*)$/.exec(cells[5] ?? "")?.[1];
        if (name !== undefined) expect(inspection.patientName).toBe(name);
      });
    }
  });

  describe("every study of the manifest comes out whole", () => {
    for (const { path, cells } of folders) {
      test(path, async () => {
        const inspections = await Promise.all(sharedFiles(path).map((file) => inspect(file)));
        const instances = inspections.filter((inspection) => inspection.kind === "instance");
        const [, count, studies, others] =
          /^(\d+) instances, (\d+) stud(?:y|ies)(?: \((\d+)\))?$/.exec(cells[3] ?? "") ?? [];
        expect(instances).toHaveLength(Number(count));
        expect(new Set(instances.map((instance) => instance.studyInstanceUID)).size).toBe(Number(studies));
        expect(inspections.filter(({ kind }) => kind === "dicomdir")).toHaveLength(Number(others ?? 0));
        const warned = new Set(instances.flatMap(({ warnings }) => warnings.map(({ code }) => code)));
        warned.delete("meta_rewritten");
        expect([...warned]).toEqual([]);
      });
    }
  });

  test("no DICOM file of the test data is without a row", () => {
    const known = (path: string): boolean =>
      files.some((row) => row.path === path) || folders.some((row) => path.startsWith(row.path));
    const found = [...sharedFiles("dicom"), ...sharedFiles("invalid")].map((path) => relative(root, path));
    expect(found.filter((path) => !known(path))).toEqual([]);
    expect(found.length).toBeGreaterThan(150);
  });
}
