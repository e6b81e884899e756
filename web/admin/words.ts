import { ownWords } from "../core/text.ts";
import { adminEn } from "./words-en.ts";

/** A text of the administration in the present language. */
export const tell = await ownWords(adminEn, {
  de: async () => (await import("./words-de.ts")).adminDe,
  fr: async () => (await import("./words-fr.ts")).adminFr,
});
