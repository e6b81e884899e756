import type { KindRules } from "./rules.ts";

/** Stands in every answer's headers. */
export const MARK_HEADER = "x-fake-pacs";
/** Image Comments (0020,4000): an attribute that no reader of a Store or query answer looks at. */
export const MARK_TAG = "00204000";

/** What it is, for whoever looks at an answer. */
export const markOf = ({ words }: KindRules): string =>
  `RelayPACS fake PACS for rehearsals and tests, behaves like ${words}. No archive: keeps nothing beyond its run.`;
