import { ownWords } from "../core/text.ts";
import { studyEn } from "./words-en.ts";

/** A text of corrections and receipts in the present language. */
export const tell = await ownWords(studyEn, {
  de: async () => (await import("./words-de.ts")).studyDe,
  fr: async () => (await import("./words-fr.ts")).studyFr,
});
