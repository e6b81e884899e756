import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transferSyntaxes } from "../../src/dicom/transfer-syntaxes.ts";
import { conformanceStatement } from "./statement.ts";

const statement = conformanceStatement();

test("docs/conformance.md is what the tables say (bun scripts/conformance-docs.ts writes it)", () => {
  expect(readFileSync(join(import.meta.dir, "../../docs/conformance.md"), "utf8")).toBe(statement);
});

test("it names what the product knows, and nothing is left unsaid", () => {
  for (const [uid, { name }] of transferSyntaxes) expect(statement).toContain(`| ${name} | ${uid} |`);
  for (const attribute of ["| PatientName | PN | as in", "| LossyImageCompression | CS |", "| DocumentTitle | ST |"])
    expect(statement).toContain(attribute);
  expect(statement).not.toMatch(/undefined|\[object|NaN|\|\s*\|\s*\|\s*\|$/);
});
