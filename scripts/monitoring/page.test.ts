import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitoringPage } from "./page.ts";

test("docs/monitoring.md is what metrics and rules say (bun scripts/monitoring-docs.ts writes it)", async () => {
  const page = await monitoringPage();
  expect(readFileSync(join(import.meta.dir, "../../docs/monitoring.md"), "utf8")).toBe(page);
  expect(page).toContain("| `relaypacs_parked_deliveries` | gauge | `destination`, `code` |");
  expect(page).not.toMatch(/\{\{|undefined/);
});
