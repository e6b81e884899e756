import { expect, test } from "bun:test";
import { templates as de } from "../locales/de.ts";
import { en } from "../locales/en.ts";
import { templates as fr } from "../locales/fr.ts";
import { chooseLanguage, fill } from "./text.ts";

const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort();

test("numbers choose the word by the language's own rule", () => {
  const text = "{n} {n|image|images}";
  expect(fill(text, { n: 1 }, "en")).toBe("1 image");
  expect(fill(text, { n: 0 }, "en")).toBe("0 images");
  expect(fill(text, { n: 0 }, "fr")).toBe("0 image");
  expect(fill(text, { n: 1842 }, "de")).toBe("1.842 images");
  expect(fill("{who} waits", {}, "en")).toBe("{who} waits");
});

test("the first of the browser's languages that there is", () => {
  expect(chooseLanguage(["", "it-IT", "fr-CH", "de"])).toBe("fr");
  expect(chooseLanguage(["ja"])).toBe("en");
});

for (const [language, catalogue] of Object.entries({ de, fr }))
  test(`${language} fills in what English fills in, and leaves nothing untranslated`, () => {
    const entries = Object.entries(en) as [keyof typeof en, string][];
    const wrong = entries.filter(([word, text]) => names(text).join() !== names(catalogue[word]).join());
    expect(wrong.map(([word]) => word)).toEqual([]);
    expect(entries.filter(([word]) => catalogue[word].trim() === "")).toEqual([]);
  });
