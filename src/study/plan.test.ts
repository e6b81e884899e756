import { expect, test } from "bun:test";
import type { WaitReason } from "./decide.ts";
import type { RepeatedStudy } from "./duplicates.ts";
import { type Picture, planStudies } from "./plan.ts";

const pictures: Picture[] = [{ kind: "jpeg", path: "files/1", fileName: "a.jpg", sha256: "a".repeat(64) }];
const jane = { patient_id: "J-1", patient_name: "Doe^Jane", patient_birth_date: "19700131" };
const repeated = (studyInstanceUID: string): RepeatedStudy => ({
  studyInstanceUID,
  modalities: ["CT"],
  instances: 3,
  confirmations: [],
  earlier: undefined,
});
const planned = (options: {
  metadata?: Parameters<typeof planStudies>[0]["metadata"];
  expected?: Parameters<typeof planStudies>[0]["expected"];
  repeated?: readonly RepeatedStudy[];
}) =>
  planStudies(
    { metadata: options.metadata ?? {}, expected: options.expected ?? null },
    [],
    options.repeated ?? [],
    pictures,
    "2.25.9",
  );

const waits: [string, Parameters<typeof planned>[0], WaitReason | null][] = [
  ["nobody says whose they are", {}, "metadata_required"],
  ["a name without an ID", { metadata: { patient_name: "Doe^Jane" } }, "metadata_required"],
  ["named", { metadata: jane }, null],
  ["named, nobody confirmed", { metadata: jane, expected: [] }, "study_not_expected"],
  ["only a study confirmed", { metadata: jane, expected: [{ study_instance_uid: "1.2" }] }, "study_not_expected"],
  ["that patient", { metadata: jane, expected: [{ study_instance_uid: "1.2", patient_id: "J-1" }] }, null],
  [
    "another patient",
    { metadata: jane, expected: [{ study_instance_uid: "1.2", patient_id: "J-2" }] },
    "patient_differs",
  ],
  [
    "born on another day",
    { metadata: jane, expected: [{ study_instance_uid: "", patient_id: "J-1", patient_birth_date: "19700201" }] },
    "patient_differs",
  ],
];
for (const [what, options, reason] of waits)
  test(`pictures alone, ${what}: ${reason ?? "go"}`, () => {
    expect(planned(options).plans.map((plan) => plan.waits)).toEqual([reason]);
  });

test("beside a study whose patient is not known any more, pictures are a study of their own that waits", () => {
  const { plans } = planned({ repeated: [repeated("1.2")] });
  expect(plans).toMatchObject([{ identity: { study: { studyInstanceUID: "2.25.9" } }, waits: "metadata_required" }]);
});

test("notes go with none of a study that is not here again and pictures of their own", () => {
  const clinical_notes = "Sturz";
  const { plans, notesUnassigned } = planned({ metadata: { clinical_notes }, repeated: [repeated("1.2")] });
  expect([plans.map(({ notes }) => notes), notesUnassigned]).toEqual([[null], true]);
  expect(planned({ metadata: { clinical_notes } })).toMatchObject({
    plans: [{ notes: clinical_notes }],
    notesUnassigned: false,
  });
});
