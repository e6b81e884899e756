import type { ErrorCode } from "../contract/errors.ts";

/**
 * What a C-STORE status (PS3.4 B.2.3, PS3.7 C) or a STOW-RS reason (PS3.18 I.2.2) means for one instance; both share their numbers.
 * `again`: may be a hiccup; once more alone, then refused. `duplicate`: the peer holds the UID; whether the bytes are the same is open.
 */
export type StatusMeaning =
  | { readonly result: "stored"; readonly words: string }
  | { readonly result: "refused" | "retry" | "again" | "duplicate"; readonly code: ErrorCode; readonly words: string };

interface Row {
  readonly from: number;
  readonly to: number;
  readonly meaning: StatusMeaning;
}

const range = (
  from: number,
  to: number,
  result: "refused" | "retry" | "again" | "duplicate",
  code: ErrorCode,
  words: string,
): Row => ({
  from,
  to,
  meaning: { result, code, words },
});

/** The first row that matches counts. A77x are dcm4chee's own, B00E and B00F are Azure's. */
export const statusRows: readonly Row[] = [
  { from: 0x0000, to: 0x0000, meaning: { result: "stored", words: "stored" } },
  range(0x0110, 0x0110, "again", "instance_refused", "processing failure"),
  range(0x0111, 0x0111, "duplicate", "instance_conflict", "it holds this SOP Instance UID already"),
  range(0x0122, 0x0122, "refused", "transfer_syntax_refused", "SOP class not supported"),
  range(0x0124, 0x0124, "refused", "destination_auth_failed", "not authorized"),
  range(0xa770, 0xa779, "refused", "instance_refused", "refused by the archive's own rules"),
  range(0xa77a, 0xa77a, "retry", "destination_busy", "a deletion is in progress"),
  range(0xa77b, 0xa77b, "refused", "instance_refused", "it contradicts what the archive holds"),
  range(0xa700, 0xa7ff, "retry", "destination_busy", "out of resources"),
  range(0xa800, 0xa8ff, "refused", "transfer_syntax_refused", "SOP class not supported"),
  range(0xa900, 0xa9ff, "refused", "instance_refused", "data set does not match the SOP class"),
  range(0xb00e, 0xb00e, "duplicate", "instance_conflict", "it holds this SOP Instance UID already"),
  range(0xb00f, 0xb00f, "retry", "destination_busy", "this instance is being created"),
  { from: 0xb000, to: 0xbfff, meaning: { result: "stored", words: "stored with a warning" } },
  range(0xc122, 0xc122, "refused", "transfer_syntax_refused", "transfer syntax not supported"),
  // DCMTK's dcmqrscp says C000 when two associations meet in its index: no judgement on the image.
  range(0xc000, 0xcfff, "again", "instance_refused", "cannot understand"),
];

const UNKNOWN: StatusMeaning = { result: "again", code: "instance_refused", words: "no reason that is known" };

/** The meaning of a status or failure reason; null where the peer gave none. */
export const statusMeaning = (status: number | null): StatusMeaning =>
  statusRows.find((row) => status !== null && row.from <= status && status <= row.to)?.meaning ?? UNKNOWN;

/**
 * Final statuses of a C-FIND (PS3.4 C.4.1.1.4, PS3.7 C) by which the peer says for good that it does not answer the question:
 * SOP class not supported, not authorized, unrecognized operation, identifier does not match. A warning is not the whole answer either.
 */
const NO_ANSWER = new Set([0x0122, 0x0124, 0x0211]);
export const cannotBeAsked = (status: number): boolean =>
  NO_ANSWER.has(status) || (status >= 0xa800 && status <= 0xa9ff) || (status >= 0xb000 && status <= 0xbfff);

/** As the field writes it: four hex digits. */
export const statusHex = (status: number | null): string =>
  status === null ? "none" : status.toString(16).toUpperCase().padStart(4, "0");
