import { expect, test } from "bun:test";
import { RelayError } from "../core/errors.ts";
import { asRelayError, problem } from "./errors.ts";

const systemError = (code: string) => Object.assign(new Error("/data/x"), { code });

test.each([
  ["EMFILE", "service_unavailable", 503],
  ["ENFILE", "service_unavailable", 503],
  ["ENOSPC", "insufficient_storage", 507],
  ["SQLITE_FULL", "insufficient_storage", 507],
  ["EIO", "internal_error", 500],
])("%s is told as %s", (system, code, status) => {
  const known = asRelayError(systemError(system));
  expect(known.code as string).toBe(code);
  const answer = problem(known, "id");
  expect(answer.status).toBe(status);
  if (status !== 500) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("an error of the catalogue stays what it is", () => {
  const error = new RelayError("chunk_conflict");
  expect(asRelayError(error)).toBe(error);
});
