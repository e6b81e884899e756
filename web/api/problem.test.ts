import { describe, expect, test } from "bun:test";
import { problemOf, retryAfterSeconds } from "./problem.ts";

describe("Retry-After", () => {
  const now = Date.parse("2026-03-01T10:00:00Z");
  test.each([
    ["30", 30],
    ["Sun, 01 Mar 2026 10:01:00 GMT", 60],
    ["Sun, 01 Mar 2026 09:00:00 GMT", 0],
    ["soon", null],
    ["", null],
    [null, null],
  ] as const)("%s is %s", (header, seconds) => expect(retryAfterSeconds(header, now)).toBe(seconds));
});

describe("the error of an answer", () => {
  const header = (name: string) => (name === "retry-after" ? "5" : null);
  test("takes code, sentence and request id from the problem document", () => {
    const error = problemOf(
      507,
      header,
      JSON.stringify({ code: "insufficient_storage", detail: "No space.", request_id: "r1" }),
    );
    expect([error.code, error.message, error.status, error.requestId, error.retryAfter]).toEqual([
      "insufficient_storage",
      "No space.",
      507,
      "r1",
      5,
    ]);
  });
  test("of a proxy's page is retryable where it is one of the server's", () => {
    expect(problemOf(502, () => null, "<html>").code).toBe("service_unavailable");
    expect(problemOf(404, () => null, "[]").code).toBe("unexpected_answer");
    expect(problemOf(502, () => null, "<html>").message).not.toMatch(/\d/); // numbers are for IT
  });
});
