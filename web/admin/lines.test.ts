import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/core/config.ts";
import { encrypting, ruleLines, templates } from "./lines.ts";
import { adminDe } from "./words-de.ts";
import { adminEn } from "./words-en.ts";
import { adminFr } from "./words-fr.ts";

const loaded = (lines: string) => loadConfig({ file: "relaypacs.toml", env: {}, readFile: () => lines });

describe("the lines that are to be copied are what the box takes", () => {
  test("and not whatever it is", () => expect(() => loaded("[[destination]]\nid = 1\n")).toThrow());
  test.each(Object.entries(templates))("%s", (kind, lines) => {
    expect(loaded(lines).destination.map((it) => it.kind as string)).toEqual([kind]);
  });
  test("all of them together, with a rule and with encryption before them", () => {
    const ids = ["orthanc", "main", "pacs"];
    const config = loaded([encrypting, ...Object.values(templates), ruleLines(ids)].join("\n\n"));
    expect(config.tls.mode).toBe("auto");
    expect(config.route.map(({ to }) => to)).toEqual([["orthanc", "main"]]);
  });
});

test("what is filled into a text is the same in every language", () => {
  const blanks = (text: string) => [...new Set(text.match(/\{\w+/g) ?? [])].sort();
  for (const [word, text] of Object.entries(adminEn))
    for (const other of [adminDe, adminFr])
      expect([word, ...blanks(other[word as keyof typeof adminEn])]).toEqual([word, ...blanks(text)]);
});
