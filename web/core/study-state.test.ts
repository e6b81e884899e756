import { expect, test } from "bun:test";
import { deliveryStates, uploadStates } from "../../src/contract/states.ts";
import { delivery, draft, queued, status } from "../dev/stub-queue.ts";
import { checksOf, emptyConfirmation, missingFields } from "./checks.ts";
import { scanWords } from "./scan-words.ts";
import { deliveryWords, faceOf, percentOf, stageOf } from "./study-state.ts";
import { sentenceOf, titleOf } from "./study-words.ts";
import { say } from "./text.ts";

const now = Date.parse("2026-11-21T14:00:00Z");

test("every state of the box and of a delivery has words", () => {
  for (const state of uploadStates)
    expect(say(faceOf(queued({ state: "at_box", status: status(state, []) })).title)).not.toBe("");
  for (const state of deliveryStates) expect(say(deliveryWords[state].word)).not.toBe("");
});

test("the green tick needs the archive's receipt, not the last byte", () => {
  const sent = { state: "at_box", sentBytes: 1_200_000_000 } as const;
  const all = delivery({ delivered_instances: 842, state: "sending" });
  expect(stageOf(queued({ ...sent, status: status("forwarding", [all]) }))).toBe(2);
  expect(percentOf(queued({ ...sent, status: status("forwarding", [all]) }))).toBe(99);
  expect(stageOf(queued({ ...sent, state: "done", status: status("delivered", [all]) }))).toBe(3);
  expect(stageOf(queued({ ...sent, state: "done", status: status("partial", [all]) }))).toBe(2);
});

test("a study is accepted as it is only where the archive has something", () => {
  const parked = (count: number) =>
    faceOf(
      queued({
        state: "needs_you",
        cause: "refused",
        status: status("needs_attention", [delivery({ state: "parked", delivered_instances: count })]),
      }),
    );
  expect(parked(0).actions).toEqual(["retry", "cancel"]);
  expect(parked(839).actions).toEqual(["retry", "accept", "cancel"]);
});

test("waiting names its cause and when it tries again", () => {
  const study = queued({ state: "waiting", cause: "retry", nextTryAt: now + 40_000 });
  expect(sentenceOf(study, now)).toBe("Work is saved on this device. Next try in 40 sec.");
  expect(titleOf(queued({ title: { ...study.title, patientName: "" } }))).toBe("CT Thorax");
});

test("a box without space says so", () => {
  const warnings = [{ code: "waiting_for_space", message: "" }];
  const study = queued({ state: "at_box", status: status("processing", [], { warnings }) });
  expect(sentenceOf(study, now)).toBe("The hospital box waits for free space. Your study is safe.");
});

test("the checks of the confirm screen", () => {
  const words = (over: Parameters<typeof draft>[0]) => {
    const subject = draft(over);
    return checksOf(subject, emptyConfirmation(subject), now).map(({ word }) => word);
  };
  expect(words({})).toEqual([]);
  expect(words({ patientID: "" })).toEqual(["no_id"]);
  expect(words({ patientBirthDate: "20270101" })).toEqual(["birth_future"]);
  expect(words({ studyDate: "20261021" })).toEqual(["old_exam"]);
  expect(words({ studyDate: "20261023" })).toEqual([]);
  const picture = draft({ kind: "pictures", patientID: "", patientBirthDate: "1961" });
  expect(missingFields(picture, emptyConfirmation(picture))).toEqual(["patientID", "patientBirthDate"]);
});

test("only what needs a decision keeps the list open", () => {
  const decide = (studies: ReturnType<typeof draft>[], over = {}) =>
    scanWords({ studies, leftOut: 0, unreadable: [], ...over }).some((word) => word.decide);
  expect(decide([draft()], { leftOut: 12 })).toBe(false);
  expect(decide([draft(), draft({ studyInstanceUID: "2.25.2" })])).toBe(false);
  expect(decide([draft(), draft({ patientID: "P-2" })])).toBe(true);
  expect(decide([draft()], { unreadable: ["IM4"] })).toBe(true);
  expect(decide([draft({ kind: "archive", imageCount: 0, warnings: ["archive_encrypted"] })])).toBe(true);
});
