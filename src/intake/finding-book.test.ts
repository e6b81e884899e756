import { expect, test } from "bun:test";
import { FindingBook } from "./finding-book.ts";

test("clutter is counted in one line", () => {
  const book = new FindingBook();
  for (let n = 0; n < 12; n++) book.clutter();
  expect(book.all()).toMatchObject([{ code: "left_out", severity: "warning", fileName: null }]);
  expect(book.all()[0]?.message).toStartWith("12 files are not images");
});

test("refusals are named one by one, a flood of one warning is cut and counted", () => {
  const book = new FindingBook();
  for (let n = 0; n < 100; n++) book.add("patient_missing", "warning", `IM${n}`);
  for (let n = 0; n < 100; n++) book.add("dicom_truncated", "refused", `BAD${n}`);
  const lines = book.all();
  expect(lines.filter((line) => line.code === "dicom_truncated")).toHaveLength(100);
  const warnings = lines.filter((line) => line.code === "patient_missing");
  expect(warnings).toHaveLength(21);
  expect(warnings.at(-1)?.message).toStartWith("80 more files");
  expect(book.refused).toBe(100);
});

test("without a message the catalogue's words are used", () => {
  const book = new FindingBook();
  book.add("sop_conflict", "refused", "a.dcm");
  expect(book.all()[0]?.message).toContain("same SOP Instance UID");
});
