import { expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import { ConfirmStudy } from "../../src/contract/upload.ts";
import { queued, status } from "../dev/stub-queue.ts";
import { confirmBody, waitsForCorrection } from "./confirm-body.ts";
import { freshProgress, type Manifest, manifestOfDone } from "./record.ts";

const correction = { reason: "order", patientName: "", patientID: "B", patientBirthDate: "19700131", patientSex: "F" };

test("of a correction goes along what differs, as the box takes it", () => {
  const body = confirmBody({ correction: { ...correction, patientSex: "X" } });
  expect(body).toEqual({ corrections: { reason: "order", patient_id: "B", patient_birth_date: "19700131" } });
  expect(Value.Check(ConfirmStudy, confirmBody({ correction }))).toBe(true);
  expect(confirmBody({ serviceLevel: "stat" })).toEqual({ service_level: "stat" });
});

test("a study gets its correction only where it waits, and is the one that was shown", () => {
  const { id, userId, createdAt } = queued();
  const done = { id, userId, createdAt, serviceLevel: "routine" as const, modalities: [] };
  const empty = manifestOfDone({ ...done, imageCount: 1, totalBytes: 1, progress: freshProgress });
  const corrects = { study_instance_uid: "2.25.1", patient_id: "P-1001", patient_birth_date: "19610204" };
  const manifest: Manifest = { ...empty, corrects, confirmation: { ...empty.confirmation, correction } };
  const waiting = status("needs_confirmation", []);
  expect(waitsForCorrection(manifest, waiting)).toBe("2.25.1");
  expect(waitsForCorrection(empty, waiting)).toBeNull();
  expect(waitsForCorrection(manifest, status("forwarding", []))).toBeNull();
  for (const other of [{ study_instance_uid: "2.25.2" }, { patient_id: "ELSE" }, { patient_birth_date: "" }])
    expect(waitsForCorrection({ ...manifest, corrects: { ...corrects, ...other } }, waiting)).toBeNull();
});
