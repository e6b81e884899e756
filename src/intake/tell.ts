import type { WaitReason } from "../study/decide.ts";
import type { Grouping } from "../study/group.ts";
import type { StudyPlan } from "../study/plan.ts";
import type { FindingBook } from "./finding-book.ts";

/** What grouping found out, in the book. Warnings of single files only of what is sent: of a refused one its refusal says enough. */
export function tellGrouping(
  { studies, mismatched, sharedSeries, severalPatients }: Grouping,
  book: FindingBook,
): void {
  for (const { inspected, fileName } of studies.flatMap((study) => study.instances))
    for (const { code, message } of inspected.warnings) book.add(code, "warning", fileName, message);
  for (const { fileName } of mismatched) book.add("patient_mismatch", "refused", fileName);
  for (const { fileName } of sharedSeries) book.add("series_shared", "warning", fileName);
  if (severalPatients) book.add("several_patients", "warning", null);
}

/** Words where one reason holds for several studies. */
const ofSeveral: Partial<Record<WaitReason, (studies: number) => string>> = {
  study_not_expected: (studies) => `${studies} studies were not among those that were confirmed before sending.`,
  patient_differs: (studies) =>
    `${studies} studies name another patient than the one that was confirmed before sending.`,
};

/** Why studies wait for a person: one line a reason. */
export function tellWaiting(plans: readonly Pick<StudyPlan, "waits">[], book: FindingBook): void {
  const reasons = Map.groupBy(plans, ({ waits }) => waits);
  for (const [reason, { length }] of reasons)
    if (reason !== null) book.add(reason, "warning", null, length > 1 ? ofSeveral[reason]?.(length) : undefined);
}

/** What was delivered before, and whether the notes stay behind with it. */
export function tellRepeats(
  { files, before, unasked }: { readonly files: number; readonly before: number; readonly unasked: boolean },
  notesStay: boolean,
  book: FindingBook,
): void {
  if (before === 0) return;
  const cause =
    before === files
      ? "Everything in this upload was delivered before; nothing was sent again."
      : `${before} of ${files} files arrived earlier; only the missing ones were sent.`;
  const doubt =
    " The archive gave no answer when it was asked whether it still holds them: the receipt is the one of then.";
  book.add("delivered_before", "warning", null, unasked ? `${cause}${doubt}` : cause);
  if (notesStay) book.add("notes_not_sent", "warning", null);
}
