import { expect, test } from "bun:test";
import type { AcceptableInstance } from "../study/group.ts";
import { tellBarren } from "./examine.ts";
import { FindingBook } from "./finding-book.ts";

test("an archive that nobody would hear of otherwise is told by name, the others are not", () => {
  const book = new FindingBook();
  book.add("dicom_truncated", "refused", "told.zip/IM1");
  tellBarren(["good.zip", "told.zip", "empty.zip"], [{ fileName: "good.zip/IM1" } as AcceptableInstance], book);
  expect(book.all().filter(({ code }) => code === "left_out")).toEqual([
    {
      code: "left_out",
      severity: "warning",
      message: "The archive holds no medical image. It was left out.",
      fileName: "empty.zip",
    },
  ]);
});
