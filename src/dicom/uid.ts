import { withoutPadding } from "../core/trim-end.ts";

/** `regular`: as PS3.5 9.1 wants it. `irregular`: a component with a leading zero, which archives take. */
export type UidForm = "regular" | "irregular" | "invalid";

/** The text of a UI value without its padding; PS3.5 6.2 pads with NUL, the field also with spaces. */
export const uidOf = (bytes: Buffer | undefined): string =>
  bytes === undefined ? "" : withoutPadding(bytes.toString("latin1"));

/** Whether a UID is one (PS3.5 9.1): digits and dots, at most 64, no empty component. */
export function uidForm(uid: string): UidForm {
  if (uid.length > 64 || !/^\d+(\.\d+)*$/.test(uid)) return "invalid";
  return (uid.startsWith("0") || uid.includes(".0")) && /(^|\.)0\d/.test(uid) ? "irregular" : "regular";
}
