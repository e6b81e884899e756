import { Type } from "@sinclair/typebox";
import { nullable } from "./shapes.ts";

/** Median, 5th and 95th percentile, exact to 5 %; null where there is nothing to tell of. Seconds, or bytes a second. */
const Spread = Type.Object({
  count: Type.Integer(),
  p05: nullable(Type.Number()),
  median: nullable(Type.Number()),
  p95: nullable(Type.Number()),
});
export type Spread = typeof Spread.static;

/** What the sending devices measured of their lines themselves (`line` of `complete`); those that measured nothing are not in it. */
const Network = Type.Object({
  uploads: Type.Integer(),
  bytes_per_second: Spread,
  /** Requests that stood still, and whose connection broke. */
  stalls: Type.Integer(),
  breaks: Type.Integer(),
  /** Uploads that met either. */
  troubled: Type.Integer(),
});
export type Network = typeof Network.static;

const Share = nullable(Type.Number());
const Volume = { uploads: Type.Integer(), studies: Type.Integer(), bytes: Type.Integer() };

/** One day or hour, by when an upload was opened. */
const Step = Type.Object({
  start: Type.String({ description: "RFC 3339" }),
  date: Type.String({ description: "YYYY-MM-DD in the box's time zone" }),
  ...Volume,
  delivered: Type.Integer(),
  /** Ended without all of it being delivered. */
  failed: Type.Integer(),
  time_to_archive: Spread,
  network: Network,
});
export type Step = typeof Step.static;

/** What went through the box between two times, by when an upload was opened. Counts alone: nothing of a patient, no person. */
export const Statistics = Type.Object({
  from: Type.String({ description: "RFC 3339; the first day or hour, in the box's time zone, is taken whole" }),
  to: Type.String(),
  site: Type.String(),
  ...Volume,
  /** Uploads by how they stand now. */
  states: Type.Record(Type.String(), Type.Integer()),
  /** Of the uploads that are over and were not given up by people: the share that was delivered whole, 0 to 1. */
  success_rate: Share,
  modalities: Type.Array(Type.Object({ modality: Type.String(), studies: Type.Integer() })),
  time_to_archive: Type.Record(Type.String(), Spread, {
    description: "by service level, seconds from the last byte to the confirmation",
  }),
  /** Of every service level together. */
  archived: Spread,
  /** How fast uploads came in, bytes a second from opened to complete. */
  throughput: Spread,
  network: Network,
  destinations: Type.Array(
    Type.Object({
      destination_id: Type.String(),
      deliveries: Type.Integer(),
      delivered: Type.Integer(),
      parked: Type.Integer(),
      /** Attempts beyond the first of each. */
      retries: Type.Integer(),
      /** Of those that ended or are stuck and were not given up by people: the share that was delivered whole, 0 to 1. */
      success_rate: Share,
      time_to_archive: Spread,
    }),
  ),
  steps: Type.Array(Step),
});
export type Statistics = typeof Statistics.static;
