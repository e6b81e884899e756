import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "../db/database.ts";
import type { Destination } from "../destinations/destination.ts";
import type { DestinationHealth } from "./breaker.ts";

export interface ForwarderDeps {
  readonly db: Database;
  /** Read anew each time, so that a reload takes effect. */
  readonly config: () => Pick<Config, "destination">;
  readonly destinations: (id: string) => Destination | undefined;
  /** The full path of an instance's file. */
  readonly spoolPath: (uploadId: string, relative: string) => string;
  readonly log: Log;
  /** Called after the commit of every change that a status would show. */
  readonly onChange: (uploadId: string) => void;
  readonly now?: () => Moment;
  readonly random?: () => number;
  /** How long a destination is down before its fallback takes over. */
  readonly fallbackAfterMs?: number;
  /** How long a stop waits for attempts to end by themselves. */
  readonly stopGraceMs?: number;
  /** How long a destination is asked, when an upload is cancelled, what it holds of it. */
  readonly cancelAskMs?: number;
  /** A probe without an answer for so long counts as failed. */
  readonly probeTimeoutMs?: number;
}

/** The dependencies with their defaults, and what the lanes share. */
export interface ForwardContext extends Required<ForwarderDeps> {
  readonly health: DestinationHealth;
  /** Whether an administrator said that nothing more is to go there. */
  readonly paused: (destinationId: string) => boolean;
  /** Uploads that are about to end: nothing of them is started. */
  readonly halted: Set<string>;
}

/** Why an attempt is aborted on purpose: the box stops, or a person cancelled. It says nothing about the destination. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
