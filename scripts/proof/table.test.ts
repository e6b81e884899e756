import { expect, test } from "bun:test";
import { pageWith, type Row, rowsOf } from "./table.ts";

const row = (promise: string, more: Partial<Row> = {}): Row => ({
  promise,
  what: "it holds",
  target: "0 lost",
  measured: "0 lost in 3",
  passed: true,
  date: "2026-01-02",
  commit: "abc1234",
  machine: "2 cores",
  ...more,
});

test("rows come back as they were written, in the order of their numbers", () => {
  const rows = [row("P10"), row("P2", { passed: false })];
  expect(rowsOf(pageWith("", rows))).toEqual([row("P2", { passed: false }), row("P10")]);
});

test("a run replaces the rows of its promises and leaves the others", () => {
  const before = pageWith("", [row("P1"), row("P2")]);
  const after = rowsOf(pageWith(before, [row("P2", { measured: "1 lost in 60", passed: false, commit: "def" })]));
  expect(after).toEqual([row("P1"), row("P2", { measured: "1 lost in 60", passed: false, commit: "def" })]);
});

test("what would break the table is written harmlessly", () => {
  expect(rowsOf(pageWith("", [row("P1", { measured: "a | b\nc" })]))).toEqual([row("P1", { measured: "a / b c" })]);
});
