import type { Grouping } from "../study/group.ts";
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
