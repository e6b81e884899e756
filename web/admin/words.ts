import { type Filling, fill, type Language, language } from "../core/text.ts";
import { adminDe } from "./words-de.ts";
import { type AdminWord, adminEn } from "./words-en.ts";
import { adminFr } from "./words-fr.ts";

const catalogues: Readonly<Record<Language, Readonly<Record<AdminWord, string>>>> = {
  en: adminEn,
  de: adminDe,
  fr: adminFr,
};

/** A text of the administration in the present language: it comes with these screens, not with the first load. */
export const tell = (word: AdminWord, filling: Filling = {}): string =>
  fill(catalogues[language()][word], filling, language());
