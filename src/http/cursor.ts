import { RelayError } from "../core/errors.ts";

/** A page's end as an opaque word: sort key and id of its last row. */
export const cursorOf = (row: { createdAt: number; id: string }): string =>
  Buffer.from(`${row.createdAt} ${row.id}`).toString("base64url");

/** @throws RelayError invalid_request */
export function readCursor(cursor: string): { createdAt: number; id: string } {
  const match = /^(\d{1,16}) ([0-9a-f-]{36})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match)
    throw new RelayError("invalid_request", undefined, {
      errors: [{ path: "query.cursor", message: "take it from next_cursor" }],
    });
  return { createdAt: Number(match[1]), id: match[2] ?? "" };
}
