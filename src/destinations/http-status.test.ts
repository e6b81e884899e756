import { describe, expect, test } from "bun:test";
import { retryAfterSeconds, statusError } from "./http-status.ts";
import { timeoutError, transportError } from "./transport-errors.ts";

describe("retryAfterSeconds", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  for (const [value, seconds] of [
    [null, null],
    ["0", 0],
    ["7", 7],
    [" 30 ", 30],
    ["999999", 3600],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60],
    ["Thu, 01 Jan 2015 00:00:00 GMT", 0],
    ["soon", null],
    ["-5", 0],
  ] as const) {
    test(`${value} is ${seconds}`, () => {
      const read = retryAfterSeconds(value, now);
      // "-5" is a date to Date.parse; whatever it means, the wait is bounded.
      if (value === "-5") expect(read === null || (read >= 0 && read <= 3600)).toBe(true);
      else expect(read).toBe(seconds);
    });
  }
});

describe("errors hold codes, never a peer's words", () => {
  test("a status that nobody knows is decided by its class", () => {
    const retryable = (status: number) => statusError({ status, headers: new Headers() }).retryable;
    expect([418, 302, 599].map(retryable)).toEqual([false, false, true]);
  });

  test("socket and certificate codes", () => {
    const of = (code: string) => {
      const { code: said, retryable, message } = transportError(Object.assign(new Error("Doe^Jane"), { code }));
      expect(message).not.toContain("Doe");
      return `${said} ${retryable}`;
    };
    expect(of("ECONNREFUSED")).toBe("destination_unreachable true");
    expect(of("ENOTFOUND")).toBe("destination_unreachable true");
    expect(of("DEPTH_ZERO_SELF_SIGNED_CERT")).toBe("destination_tls_failed false");
    expect(of("CERT_HAS_EXPIRED")).toBe("destination_tls_failed false");
    expect(of("ERR_TLS_CERT_ALTNAME_INVALID")).toBe("destination_tls_failed false");
    expect(of("anything Doe^Jane")).toBe("destination_unreachable true");
    expect(timeoutError(3).retryable).toBe(true);
  });
});
