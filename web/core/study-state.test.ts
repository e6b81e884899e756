import { expect, test } from "bun:test";
import { deliveryStates, uploadStates } from "../../src/contract/states.ts";
import { delivery, draft, queued, status } from "../dev/stub-queue.ts";
import { checksOf, emptyConfirmation, missingFields } from "./checks.ts";
import { codeSentence } from "./code-words.ts";
import { scanWords } from "./scan-words.ts";
import { deliveryWords, faceOf, isOnItsWay, percentOf, stageOf } from "./study-state.ts";
import { sentenceOf, timeline, titleOf } from "./study-words.ts";
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

test("what the archive has from earlier is told while the rest is on its way, and at the end where that was all", () => {
  const text = (over: Parameters<typeof queued>[0]) => sentenceOf(queued(over), now);
  expect(text({ alreadyThere: 300 })).toContain("Only the missing 542 are sent.");
  const arrived = { state: "done", finishedAt: now, status: status("delivered", []) } as const;
  expect(text({ ...arrived, alreadyThere: 842 })).toContain("None had to be sent again.");
  expect(text({ ...arrived, alreadyThere: 300 })).not.toContain("300");
  expect(text({ ...arrived, alreadyThere: 300, fileCount: 0 })).not.toContain("300"); // after a restart
});

test("the way of a study in words, as far as it has come", () => {
  expect(timeline(queued())).toBe("");
  const done = { state: "done", status: status("delivered", []), atBoxAt: now, finishedAt: now } as const;
  expect(timeline(queued(done)).replace(/[\d:]+ [AP]M|\w+ \d+, /g, "…")).toMatch(
    /chosen · .* at the box · .* archive confirmed$/,
  );
  expect(timeline(queued({ ...done, status: status("cancelled", []) }))).toMatch(/ended$/);
});

test("a study that was stopped stands at no stage", () => {
  for (const state of ["cancelled", "expired", "failed"] as const)
    expect(isOnItsWay(queued({ state: "done", status: status(state, []) }))).toBe(false);
  for (const state of ["delivered", "partial", "forwarding"] as const)
    expect(isOnItsWay(queued({ state: "at_box", status: status(state, []) }))).toBe(true);
});

test("a code is said in words; one that this app does not know yet, in the box's own", () => {
  expect(codeSentence("archive_encrypted", "x")).toBe(
    "This file has a password. Unlock it first, or choose another one.",
  );
  expect(codeSentence("stalled", "x")).toBe("The hospital box cannot be reached just now.");
  expect(codeSentence("of_tomorrow", "The box's own sentence.")).toBe("The box's own sentence.");
});
