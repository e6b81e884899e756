import { describe, expect, test } from "bun:test";
import { ApiError } from "../api/problem.ts";
import { FilesGone, verdictOf } from "./verdict.ts";

describe("a failed step", () => {
  test.each([
    ["network", 0, { kind: "again", cause: "retry", retryAfter: 7 }],
    ["stalled", 0, { kind: "again", cause: "retry", retryAfter: 7 }],
    ["too_many_requests", 429, { kind: "again", cause: "box_busy", retryAfter: 7 }],
    ["internal_error", 500, { kind: "again", cause: "box_busy", retryAfter: 7 }],
    ["digest_mismatch", 400, { kind: "again", cause: "retry", retryAfter: 7 }],
    ["insufficient_storage", 507, { kind: "again", cause: "box_full", retryAfter: 7 }],
    ["unauthorized", 401, { kind: "needs_you", cause: "signed_out" }],
    ["upload_expired", 410, { kind: "new_upload" }],
    ["not_found", 404, { kind: "new_upload" }],
    ["upload_cancelled", 410, { kind: "cancelled" }],
    ["upload_closed", 409, { kind: "at_box" }],
    ["upload_incomplete", 409, { kind: "resume" }],
    ["aborted", 0, { kind: "stopped" }],
    ["chunk_conflict", 409, { kind: "failed" }],
    ["upload_too_large", 413, { kind: "failed" }],
    ["a_code_of_the_future", 422, { kind: "failed" }],
    ["a_code_of_the_future", 503, { kind: "again", cause: "box_busy", retryAfter: 7 }],
  ] as const)("%s (%p) means %p", (code, status, verdict) => {
    expect(verdictOf(new ApiError(code, "", status, null, 7))).toEqual(verdict);
  });
  test("of the device's own files needs a person, of anything else is tried again", () => {
    expect(verdictOf(new FilesGone())).toEqual({ kind: "needs_you", cause: "files_gone" });
    expect(verdictOf(new TypeError("?")).kind).toBe("again");
  });
});
