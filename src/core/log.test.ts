import { describe, expect, test } from "bun:test";
import { captureConsole, createLog, errorFields, forJournal, type LogEvent, type LogFields } from "./log.ts";

const patient = "SENTINEL^JANE";

/** The lines that one event makes. */
function written(name: string, fields: Readonly<Record<string, unknown>> = {}): string[] {
  const lines: string[] = [];
  createLog({ write: (line) => lines.push(line) }).event(name as LogEvent, fields as LogFields);
  return lines;
}
const parsed = (lines: string[]): Record<string, unknown> => JSON.parse(lines[0] ?? "{}");

test("one event is one JSON line with level, time and name", () => {
  const lines = written("delivery.parked", { delivery_id: "d-1", attempts: 3, retryable: false });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toEndWith("}\n");
  const { time, ...rest } = parsed(lines);
  expect(rest).toEqual({
    level: "warning",
    event: "delivery.parked",
    delivery_id: "d-1",
    attempts: 3,
    retryable: false,
  });
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("journald gets each line with its level in front (sd-daemon(3))", () => {
  const names = ["backup.failed", "delivery.parked", "app.started"];
  expect(names.map((name) => forJournal(written(name)[0] ?? "").slice(0, 12))).toEqual([
    '<3>{"level":',
    '<4>{"level":',
    '<6>{"level":',
  ]);
});

test("a release is not mistaken for a UID", () => {
  expect(parsed(written("x", { version: "0.1.0" })).version).toBe("0.1.0");
});

describe("a patient never comes out", () => {
  test.each([
    ["in an unknown field", "upload.completed", { patient_name: patient, study_instance_uid: "1.2.840.1" }],
    ["in a known field", "upload.completed", { code: patient, destination_id: `a ${patient}` }],
    ["in the name of an event", `upload ${patient}`, {}],
    ["in an object", "x", { code: { toString: () => patient }, err: new Error(patient) }],
    ["in a route that is a path", "x", { route: `/studies/${patient}` }],
    ["through a prototype", "x", JSON.parse(`{"__proto__":{"code":"${patient}"},"constructor":"${patient}"}`)],
  ])("%s", (_where, name, fields) => {
    expect(written(name, fields).join()).not.toContain("SENTINEL");
  });
  test("nor does a UID in place of an id, or in a route", () => {
    const fields = { request_id: "1.2.840.113619.2.55", route: "/studies/1.2.840.113619.2.55" };
    expect(written("x", fields).join()).not.toContain("113619");
  });
  test("nor an error's message", () => {
    const error = Object.assign(new TypeError(patient), { code: "digest_mismatch" });
    expect(errorFields(error)).toEqual({ error_class: "TypeError", code: "digest_mismatch" });
    const system = Object.assign(new Error(patient), { code: "ENOSPC" });
    expect(errorFields(system)).toEqual({ error_class: "Error", system_code: "ENOSPC" });
    expect(errorFields(patient)).toEqual({ error_class: "string" });
  });
});

test("T23: control characters cannot break a line", () => {
  const evil = 'a\r\n{"level":"error"}\u001b[2J\u2028';
  const lines = written(`x${evil}`, { code: evil, [evil]: evil, route: `/${evil}` });
  expect(lines).toHaveLength(1);
  const { time: _, ...rest } = parsed(lines);
  expect(rest).toEqual({ level: "info", event: "unnamed" });
});

test("T23: what a library says to the console becomes an event without its words", () => {
  const lines: string[] = [];
  const target = { ...console };
  captureConsole(target, createLog({ write: (line) => lines.push(line) }));
  target.error(patient);
  target.log(patient);
  expect(lines.map((line) => JSON.parse(line).console_method)).toEqual(["error", "log"]);
  expect(lines.join()).not.toContain("SENTINEL");
});
