import { Type } from "@sinclair/typebox";

/** Median and 95th percentile, exact to 5 %; null where there is nothing to tell of. Seconds, or bytes a second. */
const Spread = Type.Object({
  count: Type.Integer(),
  median: Type.Union([Type.Number(), Type.Null()]),
  p95: Type.Union([Type.Number(), Type.Null()]),
});
export type Spread = typeof Spread.static;

const Volume = { uploads: Type.Integer(), studies: Type.Integer(), bytes: Type.Integer() };

/** What went through the box between two times, by the day an upload was opened. Counts alone: nothing of a patient, no person. */
export const Statistics = Type.Object({
  from: Type.String({ description: "RFC 3339; the first day, in the box's time zone, is taken whole" }),
  to: Type.String(),
  site: Type.String(),
  ...Volume,
  /** Uploads by how they stand now. */
  states: Type.Record(Type.String(), Type.Integer()),
  /** Of the uploads that are over and were not given up by people: the share that was delivered whole, 0 to 1. */
  success_rate: Type.Union([Type.Number(), Type.Null()]),
  modalities: Type.Array(Type.Object({ modality: Type.String(), studies: Type.Integer() })),
  time_to_archive: Type.Record(Type.String(), Spread, {
    description: "by service level, seconds from the last byte to the confirmation",
  }),
  /** How fast uploads came in, bytes a second from opened to complete. */
  throughput: Spread,
  destinations: Type.Array(
    Type.Object({
      destination_id: Type.String(),
      deliveries: Type.Integer(),
      delivered: Type.Integer(),
      parked: Type.Integer(),
      /** Attempts beyond the first of each. */
      retries: Type.Integer(),
      time_to_archive: Spread,
    }),
  ),
  days: Type.Array(
    Type.Object({ date: Type.String({ description: "YYYY-MM-DD" }), ...Volume, delivered: Type.Integer() }),
  ),
});
export type Statistics = typeof Statistics.static;
