import { language, ownWords } from "../core/text.ts";
import { boardEn } from "./board-words-en.ts";

/** A text of dashboard, storage and health in the present language. */
export const board = await ownWords(boardEn, {
  de: async () => (await import("./board-words-de.ts")).boardDe,
  fr: async () => (await import("./board-words-fr.ts")).boardFr,
});

/** @param share 0 to 1: 99.3 %, 3.4 %, 87 % */
export const percent = (share: number): string =>
  new Intl.NumberFormat(language(), {
    style: "percent",
    maximumFractionDigits: Math.abs(share - 0.5) > 0.4 ? 1 : 0,
  }).format(share);
/** Studies are to be in the archive within so many seconds. */
export const targetSeconds = 900;
