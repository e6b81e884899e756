import { expect, test } from "bun:test";
import { loadConfig } from "../../src/core/config.ts";
import { encrypting } from "./lines.ts";
import { adminDe } from "./words-de.ts";
import { adminEn } from "./words-en.ts";
import { adminFr } from "./words-fr.ts";

const loaded = (lines: string) => loadConfig({ file: "relaypacs.toml", env: {}, readFile: () => lines });

test("the lines that are to be copied are what the box takes, and not whatever it is", () => {
  expect(loaded(encrypting).tls.mode).toBe("auto");
  expect(() => loaded("[tls]\nmode = 1\n")).toThrow();
});

test("what is filled into a text is the same in every language", () => {
  const blanks = (text: string) => [...new Set(text.match(/\{\w+/g) ?? [])].sort();
  for (const [word, text] of Object.entries(adminEn))
    for (const other of [adminDe, adminFr])
      expect([word, ...blanks(other[word as keyof typeof adminEn])]).toEqual([word, ...blanks(text)]);
});
