import { Type } from "@sinclair/typebox";
import { nullable } from "./shapes.ts";

/** Wire shapes of the box's own health: what lies on it, its copies, its clock. */
const Count = nullable(Type.Number());
const Time = nullable(Type.String({ format: "date-time" }));

/** What the box holds, and how long there is room for more. */
export const StorageState = Type.Object({
  /** Received bytes whose files are still here, and of how many uploads. */
  spool_bytes: Type.Integer(),
  uploads: Type.Integer(),
  /** When the oldest of them was opened. */
  oldest_at: Time,
  /** What came in a day, over the last seven, or as many as the box has been used. */
  bytes_per_day: Type.Integer(),
  /** For so many days there is room if that much comes and nothing leaves any more; null: nothing came lately. */
  days_left: Count,
});
export type StorageState = typeof StorageState.static;

/** Copies that the box makes of itself. */
export const BackupState = Type.Object({
  last_at: Time,
  /** When the newest try failed; null: it did not. */
  failed_at: Time,
  running: Type.Boolean(),
  every_hours: Type.Number(),
});
export type BackupState = typeof BackupState.static;

/** How the last hours went. */
export const Lately = Type.Object({
  /** Uploads that ended since midnight, box time zone, without all of them being delivered. */
  failed_today: Type.Integer(),
  /** Of the uploads of the last 24 hours, as in the statistics. */
  success_rate: Count,
  median_seconds_to_archive: Count,
});

export const Clock = Type.Object({ now: Type.String({ format: "date-time" }), zone: Type.String() });
