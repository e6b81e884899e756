import { openDeliveryStates } from "../contract/states.ts";
import { errorFields } from "../core/log-fields.ts";
import { startWorker } from "../core/worker.ts";
import type { Transaction } from "../db/database.ts";
import { laneDeliveries, queuedDestinations, recoverDeliveries, releaseLane } from "../db/deliveries.ts";
import { pausedSince } from "../db/destination-pauses.ts";
import { DestinationHealth, type Outage } from "./breaker.ts";
import { type ForwardContext, type ForwarderDeps, Interrupted } from "./context.ts";
import { noDestination } from "./enqueue.ts";
import { mayHoldMore } from "./in-doubt.ts";
import { Lane } from "./lane.ts";
import { parkDelivery } from "./park.ts";
import { reasonOf } from "./verdict.ts";

export interface Forwarder {
  /** Something was queued, cancelled, retried or configured anew. */
  wake(): void;
  /**
   * Ends an upload for good: aborts its attempts, asks what its destinations hold of what they did not answer for, then
   * applies the end in one transaction. Takes up to stopGraceMs and cancelAskMs.
   * @throws whatever `apply` throws; Interrupted where the box stops meanwhile
   */
  end<T>(uploadId: string, apply: (tx: Transaction, mayBeThere: boolean) => T): Promise<T>;
  /** What is known of a destination that is down; null: it is not known to be. */
  outage(destinationId: string): Outage | null;
  /** A destination was changed: what is known against it no longer holds, and what waits for it is tried at once. */
  renew(destinationId: string): void;
  /** Aborts what runs and queues it again; afterwards the database is no longer touched. */
  stop(): Promise<void>;
}

const idlePollMs = 60_000;
const defaults = {
  random: Math.random,
  fallbackAfterMs: 60_000,
  stopGraceMs: 3000,
  cancelAskMs: 5000,
  probeTimeoutMs: 30_000,
};

/** Starts sending: a lane per destination, side by side. One process owns the database. */
export function startForwarder(deps: ForwarderDeps): Forwarder {
  const settings = { now: deps.db.clock.now, ...defaults, ...deps };
  const lanes = new Map<string, Lane>();
  /** Lanes whose destination left the configuration, and that are not over yet. */
  const ending = new Map<string, Promise<void>>();
  const closing = new AbortController();
  const onTurn = (destinationId: string, outage: Outage | null): void => {
    if (outage) settings.log.event("destination.down", { destination_id: destinationId, code: outage.code });
    else settings.log.event("destination.up", { destination_id: destinationId });
    // All lanes: another one may have this destination as its fallback.
    for (const lane of lanes.values()) lane.wake();
  };
  const clock = { now: () => settings.now().box, random: settings.random };
  const paused = (destinationId: string) => pausedSince(deps.db.orm, destinationId) !== null;
  const context: ForwardContext = {
    ...settings,
    health: new DestinationHealth(clock, onTurn),
    halted: new Set(),
    paused,
  };
  const onError = (error: unknown, worker: string): void =>
    context.log.event("worker.failed", { worker, ...errorFields(error) });

  context.db.transaction((tx) => recoverDeliveries(tx, context.now()));

  /** Deliveries whose destination left the configuration, or that never had one, have nobody who would send them. */
  const parkUnknown = (destinationId: string): void => {
    const why = reasonOf(destinationId === noDestination ? "no_destination" : "destination_unknown");
    // What is `sending` too: a lane that could not be ended leaves it behind.
    for (const row of laneDeliveries(context.db.orm, destinationId, openDeliveryStates))
      parkDelivery(context, row, why);
  };

  /** Not awaited: what one lane takes to end must not keep the others from waking. */
  const endLane = (id: string, lane: Lane): void => {
    lanes.delete(id);
    const ended = lane
      .stop()
      .catch((error: unknown) => onError(error, "lane"))
      .then(() => {
        ending.delete(id);
        context.health.forget(id);
        worker.wake();
      });
    ending.set(id, ended);
  };

  const round = async (): Promise<number> => {
    const configured = context.config().destination.map(({ id }) => id);
    const known = new Set(
      [...configured, ...queuedDestinations(context.db.orm)].filter((id) => context.destinations(id)),
    );
    for (const [id, lane] of lanes) if (!known.has(id)) endLane(id, lane);
    for (const id of queuedDestinations(context.db.orm)) if (!known.has(id) && !ending.has(id)) parkUnknown(id);
    for (const id of known) {
      const lane = lanes.get(id);
      if (lane) lane.wake();
      // Two lanes of one destination would take each other's deliveries for lost.
      else if (!ending.has(id)) lanes.set(id, new Lane(context, id, onError));
    }
    return idlePollMs;
  };
  const worker = startWorker({ name: "forward", run: round, onError });

  return {
    wake: () => worker.wake(),
    end: async (uploadId, apply) => {
      context.halted.add(uploadId);
      try {
        await Promise.all([...lanes.values()].map((lane) => lane.halt(uploadId)));
        const mayBeThere = await mayHoldMore(context, uploadId, closing.signal);
        closing.signal.throwIfAborted();
        return context.db.transaction((tx) => apply(tx, mayBeThere));
      } finally {
        context.halted.delete(uploadId);
        worker.wake();
      }
    },
    renew: (destinationId) => {
      context.health.forget(destinationId);
      const released = releaseLane(context.db.orm, destinationId, Number.MAX_SAFE_INTEGER, context.now());
      for (const uploadId of released) context.onChange(uploadId);
      worker.wake();
    },
    outage: (destinationId) => context.health.outage(destinationId),
    stop: async () => {
      closing.abort(new Interrupted("the box stops"));
      await worker.stop();
      await Promise.all([...ending.values(), ...[...lanes.values()].map((lane) => lane.stop())]);
    },
  };
}
