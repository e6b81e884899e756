import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { logEvents } from "./log-events.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/operations.md"), "utf8");

test("docs/operations.md names every event of the log with its level, and no other", () => {
  const rows = page.matchAll(/^\| ((?:`[a-z_]+\.[a-z_]+`(?: · )?)+) \| (debug|info|warning|error) \|/gm);
  const told = [...rows].flatMap(([, names = "", level]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => [name ?? "", level] as const),
  );
  expect(told.toSorted()).toEqual(Object.entries(logEvents).toSorted());
});
