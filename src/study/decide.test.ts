import { expect, test } from "bun:test";
import type { ExpectedStudy } from "../contract/upload.ts";
import { waitReason } from "./decide.ts";

const came = { patientID: "A", patientBirthDate: "19700101" };
const expected = (fields: Partial<ExpectedStudy>): ExpectedStudy[] => [{ study_instance_uid: "1.2", ...fields }];

const cases: [string, ExpectedStudy[] | null, string | null][] = [
  ["nobody was asked", null, null],
  ["the study, nothing more", expected({}), null],
  ["the study and its patient", expected({ patient_id: "A", patient_birth_date: "19700101" }), null],
  ["padding does not matter", expected({ patient_id: " A " }), null],
  ["another study", [{ study_instance_uid: "9.9" }], "study_not_expected"],
  ["nothing was confirmed", [], "study_not_expected"],
  ["another ID", expected({ patient_id: "B" }), "patient_differs"],
  ["another birth date", expected({ patient_id: "A", patient_birth_date: "19800101" }), "patient_differs"],
  ["no ID was shown, one came", expected({ patient_id: "" }), "patient_differs"],
  ["an archive that could not be read: the patient alone", expected({ study_instance_uid: "", patient_id: "A" }), null],
  ["an archive of somebody else", expected({ study_instance_uid: "", patient_id: "B" }), "patient_differs"],
];
for (const [what, list, reason] of cases) test(what, () => expect(waitReason("1.2", came, list)).toBe(reason as never));
