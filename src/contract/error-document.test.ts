import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errorDocument } from "./error-document.ts";
import { errorCatalogue } from "./errors.ts";

test("docs/errors.md is what the catalogue says (bun scripts/error-docs.ts writes it)", () => {
  expect(readFileSync(join(import.meta.dir, "../../docs/errors.md"), "utf8")).toBe(errorDocument());
});

test("every entry is made of plain sentences", () => {
  for (const [code, entry] of Object.entries(errorCatalogue)) {
    expect(code).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(entry.title).not.toMatch(/\.$/);
    for (const sentence of [entry.cause, entry.action]) expect(sentence).toMatch(/^[A-Z].*\.$/s);
  }
});
