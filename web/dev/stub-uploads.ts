import type { Page } from "../api/uploads.ts";
import { delivery, status } from "./stub-queue.ts";

const newest: Page = {
  uploads: [
    status("receiving", [], { upload_id: "u1", progress_percent: 42, studies: [] }),
    status("needs_attention", [delivery({ state: "parked", error: { code: "destination_tls_failed", message: "" } })], {
      upload_id: "u2",
    }),
  ],
  next_cursor: "older",
};
const oldest: Page = { uploads: [status("delivered", [delivery({ state: "delivered" })])], next_cursor: null };

/** What is at the box, in two pages. */
export const stubUploads =
  (asked: string[]) =>
  (cursor: string | null): Promise<Page> => {
    asked.push(`uploads ${cursor ?? "newest"}`);
    return Promise.resolve(cursor === null ? newest : oldest);
  };
