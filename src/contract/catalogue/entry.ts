/** Who can do something about it: the person who sends, hospital IT, the maker of the file, or nobody (information only). */
export type Actor = "sender" | "it" | "vendor" | "nobody";

/** One row of the error catalogue; problem documents, docs and screens take their words from here. */
export interface CatalogueEntry {
  /** A short heading, without a full stop. */
  readonly title: string;
  /** Why it happens, one sentence. */
  readonly cause: string;
  readonly acts: Actor;
  /** What to do, one sentence a radiographer or IT can act on. */
  readonly action: string;
  /** The same thing tried again later may go through. */
  readonly retryable: boolean;
}

/** Keeps the codes as literal types. */
export const catalogue = <T extends Record<string, CatalogueEntry>>(entries: T): T => entries;
