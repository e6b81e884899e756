import { describe, expect, test } from "bun:test";
import { type Found, group } from "./grouping.ts";
import type { ReadHeader } from "./types.ts";

const header = (fields: Partial<ReadHeader>): ReadHeader => ({
  studyInstanceUID: "1.2",
  sopInstanceUID: "1.2.3",
  seriesInstanceUID: "1.2.1",
  patientName: "DOE^JANE",
  patientID: "A",
  patientBirthDate: "19700101",
  patientSex: "F",
  studyDate: "20260101",
  studyDescription: "HEAD",
  modality: "CT",
  bodyPart: "",
  ...fields,
});
const names = (...list: string[]) => list.map((name) => ({ name, size: 10 }));
let ids = 0;
const grouped = (found: Found[], chosen: { name: string; size: number }[]) => group(found, chosen, () => `d${ids++}`);
const dicom = (index: number, fields: Partial<ReadHeader> = {}): Found => ({
  kind: "dicom",
  index,
  header: header(fields),
});

describe("grouping", () => {
  test("makes one draft of a study and counts its series and images", () => {
    const { drafts } = grouped(
      [dicom(0), dicom(1, { seriesInstanceUID: "1.2.2", modality: "PT" }), dicom(2)],
      names("a", "b", "c"),
    );
    expect(drafts).toHaveLength(1);
    expect(drafts[0]).toMatchObject({
      kind: "dicom",
      studyInstanceUID: "1.2",
      modalities: ["CT", "PT"],
      seriesCount: 2,
      imageCount: 3,
      bytes: 30,
      files: [0, 1, 2],
      expected: [{ study_instance_uid: "1.2", patient_id: "A", patient_birth_date: "19700101" }],
    });
  });
  test("keeps two patients apart, also under one Study Instance UID", () => {
    const { drafts } = grouped(
      [dicom(0), dicom(1, { patientID: "B" }), dicom(2, { studyInstanceUID: "1.9" })],
      names("a", "b", "c"),
    );
    expect(drafts.map(({ files }) => files)).toEqual([[0], [1], [2]]);
  });
  test("tells where an image says no patient", () => {
    expect(grouped([dicom(0, { patientID: "" })], names("a")).drafts[0]?.warnings).toEqual(["patient_missing"]);
  });
  test("an archive of two patients stays one draft, tells it, and expects both", () => {
    const headers = [header({}), header({ studyInstanceUID: "1.9", patientID: "B" })];
    const [draft] = grouped([{ kind: "archive", index: 0, headers, leftOut: 3, empty: false }], names("CD.zip")).drafts;
    expect(draft).toMatchObject({
      kind: "archive",
      studyInstanceUID: "",
      archives: ["CD.zip"],
      warnings: ["several_patients"],
    });
    expect(draft?.expected.map(({ patient_id }) => patient_id)).toEqual(["A", "B"]);
  });
  test("volumes of one archive go together, other archives alone", () => {
    const archive = (index: number): Found => ({ kind: "archive", index, headers: [], leftOut: 0, empty: false });
    const chosen = names("CD.part1.rar", "CD.part2.rar", "old.rar", "old.r00", "x.7z");
    const { drafts } = grouped([0, 1, 2, 3, 4].map(archive), chosen);
    expect(drafts.map(({ files }) => files)).toEqual([[0, 1], [2, 3], [4]]);
  });
  test("a locked archive says so", () =>
    expect(grouped([{ kind: "locked", index: 0 }], names("CD.zip")).drafts[0]?.warnings).toEqual([
      "archive_encrypted",
    ]));
  test("an archive without images says so", () =>
    expect(
      grouped([{ kind: "archive", index: 0, headers: [], leftOut: 7, empty: true }], names("viewer.zip")).drafts[0]
        ?.warnings,
    ).toEqual(["nothing_to_send"]));
  test("photos are one draft; thumbnails in a disc's folders are clutter", () => {
    const found: Found[] = [
      dicom(0),
      { kind: "picture", index: 1 },
      { kind: "picture", index: 2 },
      { kind: "clutter", index: 3 },
    ];
    const { drafts, leftOut } = grouped(found, names("CD/IM1", "photo.jpg", "CD/logo.png", "CD/DICOMDIR"));
    expect(drafts.map(({ kind, files }) => [kind, files])).toEqual([
      ["dicom", [0]],
      ["pictures", [1]],
    ]);
    expect(leftOut).toBe(2);
  });
  test("what cannot be read is named, not lost", () =>
    expect(grouped([dicom(0), { kind: "unreadable", index: 1 }], names("a", "b")).unreadable).toEqual([1]));
});
