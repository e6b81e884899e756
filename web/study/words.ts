import { type Filling, fill, type Language, language } from "../core/text.ts";
import { studyDe } from "./words-de.ts";
import { type StudyWord, studyEn } from "./words-en.ts";
import { studyFr } from "./words-fr.ts";

const catalogues: Readonly<Record<Language, Readonly<Record<StudyWord, string>>>> = {
  en: studyEn,
  de: studyDe,
  fr: studyFr,
};

/** A text of corrections and receipts in the present language: it comes with these screens, not with the first load. */
export const tell = (word: StudyWord, filling: Filling = {}): string =>
  fill(catalogues[language()][word], filling, language());
