import { describe, expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import { UploadInit } from "../../src/contract/upload.ts";
import { patientKey } from "../core/patient-key.ts";
import { expectedOf, initBody, safeName } from "./init-body.ts";
import { freshProgress, manifestOfDone } from "./record.ts";

const nobody = { patientID: "", patientBirthDate: "" };
const study = { study_instance_uid: "1.2", patient_id: "A", patient_birth_date: "19700101" };

const correction = { reason: "order", patientName: "", patientID: "B", patientBirthDate: "", patientSex: "" };

describe("what is expected", () => {
  test.each([
    ["a study that was read", "dicom", nobody, [study], [study]],
    [
      "a study without a birth date",
      "dicom",
      nobody,
      [{ ...study, patient_birth_date: "" }],
      [{ study_instance_uid: "1.2", patient_id: "A" }],
    ],
    ["a closed archive: all of it waits", "archive", nobody, [], []],
    [
      "a closed archive of a named patient",
      "archive",
      { patientID: "A", patientBirthDate: "" },
      [],
      [{ study_instance_uid: "", patient_id: "A" }],
    ],
    [
      "an archive of two patients of whom one was checked: the other waits",
      "archive",
      { ...nobody, patients: [patientKey("A", "19700101")] },
      [study, { ...study, study_instance_uid: "1.3", patient_id: "B" }],
      [study],
    ],
    ["a study that is to be corrected: it waits", "dicom", { ...nobody, correction }, [study], []],
    ["pictures", "pictures", { patientID: "A", patientBirthDate: "19700101" }, [], null],
  ] as const)("of %s", (_, kind, confirmation, read, expected) =>
    expect(expectedOf({ kind }, confirmation, read)).toEqual(expected as never),
  );
});

test.each([
  ["CD\\DICOM\\IM1", "CD/DICOM/IM1"],
  ["../../etc/x", "_/_/etc/x"],
  ["a\u202egnp.exe\n", "a_gnp.exe_"],
  ["", "file"],
  ["/abs", "abs"],
])("the name %p goes as %p", (name, safe) => expect(safeName(name)).toBe(safe));

test("a long name keeps its end and fits", () => {
  const safe = safeName(`${"ä".repeat(2000)}/IM1`);
  expect(new TextEncoder().encode(safe).length).toBeLessThanOrEqual(1024);
  expect(safe.endsWith("/IM1")).toBe(true);
});

test("the body is one that the box takes", () => {
  const empty = manifestOfDone({
    id: "x",
    userId: "u",
    createdAt: 0,
    serviceLevel: "stat",
    modalities: ["CT"],
    imageCount: 1,
    totalBytes: 5,
    progress: freshProgress,
  });
  const body = initBody({
    ...empty,
    files: [{ name: "IM1", size: 5, sopInstanceUID: "1.2", sha256: "" }],
    expected: [study],
  });
  expect([...Value.Errors(UploadInit, body)]).toEqual([]);
  expect(body).toMatchObject({ total_files: 1, total_size_bytes: 5, chunk_size: 4096 });
});

test("what is to be corrected is sent whole, whatever the archive has of it", () => {
  const done = { id: "x", userId: "u", createdAt: 0, serviceLevel: "routine" as const, modalities: [] };
  const empty = manifestOfDone({ ...done, imageCount: 1, totalBytes: 1, progress: freshProgress });
  const manifest = { ...empty, confirmation: { ...empty.confirmation, correction } };
  expect([initBody(empty).resend, initBody(manifest).resend]).toEqual([undefined, { reason: "order" }]);
});
