import { describe, expect, test } from "bun:test";
import type { InspectedInstance } from "../dicom/inspection.ts";
import { type AcceptableInstance, groupByStudy, samePatient } from "./group.ts";

const instance = (fields: Partial<InspectedInstance>): AcceptableInstance => ({
  inspected: {
    studyInstanceUID: "1.1",
    seriesInstanceUID: "1.1.1",
    modality: "CT",
    patientID: "A",
    patientName: "DOE^JANE",
    patientBirthDate: "19700101",
    studyDescription: "",
    ...fields,
  } as InspectedInstance,
  path: "files/1",
  fileSize: 1,
  sha256: "",
  fileName: fields.sopInstanceUID ?? "file",
});

describe("samePatient", () => {
  const one = instance({}).inspected;
  const cases: [string, Partial<InspectedInstance>, boolean][] = [
    ["the same", {}, true],
    ["another ID", { patientID: "B" }, false],
    ["another birth date", { patientBirthDate: "19800101" }, false],
    ["the name spelled otherwise under one ID", { patientName: "Doe^Jane^^" }, true],
    ["another name under one ID", { patientName: "MUELLER^JANE" }, true],
    ["no ID, the same name", { patientID: "", patientName: "doe jane" }, true],
    ["no ID, another name", { patientID: "", patientName: "ROE^JIM" }, false],
    ["nothing said", { patientID: "", patientName: "", patientBirthDate: "" }, true],
  ];
  for (const [what, fields, same] of cases)
    test(what, () => expect(samePatient(one, instance(fields).inspected)).toBe(same));
});

describe("groupByStudy", () => {
  test("several studies stay several, with their modalities and series", () => {
    const { studies, severalPatients } = groupByStudy([
      instance({}),
      instance({ seriesInstanceUID: "1.1.2", modality: "SR" }),
      instance({ studyInstanceUID: "2.2", seriesInstanceUID: "2.2.1", modality: "MR" }),
    ]);
    expect(studies.map((study) => [study.studyInstanceUID, study.modalities, study.seriesCount])).toEqual([
      ["1.1", ["CT", "SR"], 2],
      ["2.2", ["MR"], 1],
    ]);
    expect(severalPatients).toBe(false);
  });

  test("another patient under the same study is kept out, not merged", () => {
    const { studies, mismatched } = groupByStudy([instance({}), instance({ patientID: "B", sopInstanceUID: "x" })]);
    expect(studies[0]?.instances).toHaveLength(1);
    expect(mismatched.map(({ fileName }) => fileName)).toEqual(["x"]);
  });

  test("a first instance that names no patient does not bring two others together; the study shows the one kept", () => {
    const { studies, mismatched } = groupByStudy([
      instance({ patientID: "", patientName: "", patientBirthDate: "" }),
      instance({ patientID: "A", studyDescription: "HEAD" }),
      instance({ patientID: "B", sopInstanceUID: "x" }),
    ]);
    expect(studies[0]?.first).toMatchObject({ patientID: "A", patientName: "DOE^JANE", studyDescription: "HEAD" });
    expect(mismatched.map(({ fileName }) => fileName)).toEqual(["x"]);
  });

  test("studies of two patients are told", () => {
    const { severalPatients } = groupByStudy([
      instance({}),
      instance({ studyInstanceUID: "2.2", seriesInstanceUID: "2.2.1", patientID: "B" }),
    ]);
    expect(severalPatients).toBe(true);
  });

  test("a series UID in two studies is told once", () => {
    const { sharedSeries } = groupByStudy([
      instance({}),
      instance({ studyInstanceUID: "2.2", sopInstanceUID: "b" }),
      instance({ studyInstanceUID: "2.2", sopInstanceUID: "c" }),
    ]);
    expect(sharedSeries.map(({ fileName }) => fileName)).toEqual(["b"]);
  });
});
