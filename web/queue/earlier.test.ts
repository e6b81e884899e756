import { expect, test } from "bun:test";
import { status } from "../dev/stub-queue.ts";
import { earlierOf } from "./earlier.ts";

const upload = (uid: string, state: "delivered" | "partial", over = {}) => {
  const one = status("delivered", [], over);
  return { ...one, studies: one.studies.map((study) => ({ ...study, study_instance_uid: uid, state })) };
};

test("the newest delivery of the very same study counts, and when the archive had it", () => {
  const uploads = [
    upload("1.2.9", "delivered"),
    upload("1.2.3", "partial"),
    upload("1.2.3", "delivered", { files_removed_at: "2026-11-21T14:07:00Z" }),
    upload("1.2.3", "delivered"),
  ];
  const page = { uploads, next_cursor: null };
  expect(earlierOf(page, "1.2.3")).toEqual({ at: Date.parse("2026-11-21T14:07:00Z"), imageCount: 842 });
  expect(earlierOf(page, "1.2.4")).toBeNull();
});
