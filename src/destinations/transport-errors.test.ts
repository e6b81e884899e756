import { expect, test } from "bun:test";
import { transportError } from "./transport-errors.ts";

const coded = (code: string) => transportError(Object.assign(new Error("told by the peer"), { code }));

test("a TLS alert is no matter of waiting, also where its code holds digits", () => {
  for (const code of ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "EPROTO"]) {
    const error = coded(code);
    expect([error.code, error.retryable]).toEqual(["destination_tls_failed", false]);
    expect(error.message).toContain(code);
  }
});

test("what is no code never gets into a message", () => {
  const error = coded("ERR_SSL <DOE^JANE>");
  expect([error.code, error.retryable]).toEqual(["destination_unreachable", true]);
  expect(error.message).not.toContain("DOE");
});
