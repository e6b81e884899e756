import type { Confirmation, DraftStudy, Queue } from "../queue/types.ts";
import { type App, announce } from "./app.ts";
import { askedSubject, type Subject } from "./checks.ts";
import { say } from "./text.ts";

/** A study that the box asks about. */
export interface Asked {
  readonly uid: string;
  readonly subject: Subject;
}

export const askedOf = (queue: Queue, id: string): Asked[] =>
  (queue.studies.find((study) => study.id === id)?.status?.studies ?? [])
    .filter(({ state }) => state === "needs_confirmation")
    .map((study) => ({ uid: study.study_instance_uid, subject: askedSubject(study) }));

/** Hands a chosen study to the queue and does not wait: the progress screen shows how it is saved. */
export function sendDraft(app: App, draft: DraftStudy, given: Confirmation): void {
  app.choice.drop(draft.id);
  app.queue.add(draft, given).catch(() => {
    app.choice.notSaved += 1;
    announce(say("not_saved"));
    dispatchEvent(new Event("app-changed"));
  });
}

/** Answers the box; only what the person filled in goes along. */
export async function sendAsked(queue: Queue, id: string, { uid, subject }: Asked, given: Confirmation): Promise<void> {
  const added: { -readonly [Field in keyof Confirmation]?: Confirmation[Field] } = { serviceLevel: given.serviceLevel };
  if (given.clinicalNotes.trim() !== "") added.clinicalNotes = given.clinicalNotes;
  for (const field of ["patientName", "patientID", "patientBirthDate"] as const)
    if (subject[field] === "" && given[field] !== "") added[field] = given[field];
  if (given.correction !== undefined) added.correction = given.correction;
  await queue.confirm(id, uid, added);
}
