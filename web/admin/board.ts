import { type Filling, fill, type Language, language } from "../core/text.ts";
import { boardDe } from "./board-words-de.ts";
import { type BoardWord, boardEn } from "./board-words-en.ts";
import { boardFr } from "./board-words-fr.ts";

const catalogues: Readonly<Record<Language, Readonly<Record<BoardWord, string>>>> = {
  en: boardEn,
  de: boardDe,
  fr: boardFr,
};

/** A text of dashboard, storage and health in the present language. */
export const board = (word: BoardWord, filling: Filling = {}): string =>
  fill(catalogues[language()][word], filling, language());

/** @param share 0 to 1: 99.3 % */
export const percent = (share: number): string =>
  new Intl.NumberFormat(language(), {
    style: "percent",
    maximumFractionDigits: share > 0.9 && share < 1 ? 1 : 0,
  }).format(share);
/** Studies are to be in the archive within so many seconds. */
export const targetSeconds = 900;
