import type { ErrorCode } from "../contract/errors.ts";
import { backoffMs, longestPauseMs } from "./backoff.ts";

/** The transport's fault, as DestinationError gives it. */
export interface TransportFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterSeconds?: number | undefined;
}

/** A destination that is down. */
export interface Outage extends TransportFault {
  /** When it was first found down since an attempt last worked; box time. */
  readonly since: number;
  /** Probes since then. */
  readonly probes: number;
  /** Box time. */
  readonly nextProbeAt: number;
}

/** What is remembered of an outage that ended with a good probe, until an attempt works too. */
export interface Trial {
  readonly since: number;
  readonly probes: number;
  /** When the good probe was; box time. */
  readonly at: number;
}

/** A circuit breaker: closed while `outage` is null. */
export interface Breaker {
  /** Attempts that failed in a row. */
  readonly failures: number;
  readonly outage: Outage | null;
  readonly trial: Trial | null;
}

export interface BreakerClock {
  /** Box time (RELIABILITY T35). */
  readonly now: () => number;
  readonly random: () => number;
}

export const closedBreaker: Breaker = { failures: 0, outage: null, trial: null };
const failuresToOpen = 2;
const probeMaxMs = 60_000;

const nextProbe = (probes: number, { now, random }: BreakerClock, retryAfterSeconds?: number) =>
  now() + backoffMs(probes + 1, { random, maxMs: probeMaxMs, retryAfterSeconds });

/** After an attempt whose transport failed: the second in a row opens the breaker, on trial the first. */
export function afterFault(breaker: Breaker, fault: TransportFault, clock: BreakerClock): Breaker {
  const now = clock.now();
  // Nothing was to be sent for so long that this is another outage.
  const isOver = breaker.trial !== null && now - breaker.trial.at > longestPauseMs;
  const { trial, ...before } = isOver ? closedBreaker : breaker;
  const failures = before.failures + 1;
  if (before.outage || failures < failuresToOpen) return { ...before, failures, trial };
  const { since, probes } = trial ?? { since: now, probes: 0 };
  const nextProbeAt = nextProbe(probes, clock, fault.retryAfterSeconds);
  return { failures, outage: { ...fault, since, probes, nextProbeAt }, trial: null };
}

/** After a probe that failed: the next one comes later, 1 s doubling up to 60 s. */
export function afterFailedProbe(breaker: Breaker, clock: BreakerClock): Breaker {
  if (!breaker.outage) return breaker;
  const probes = breaker.outage.probes + 1;
  return { ...breaker, outage: { ...breaker.outage, probes, nextProbeAt: nextProbe(probes, clock) } };
}

/**
 * After a good probe: attempts go again, on trial. A check can succeed where storing does not (a full archive), so the
 * pauses between probes go on growing, and the fallback's time goes on, until an attempt works.
 */
export function afterGoodProbe(breaker: Breaker, clock: BreakerClock): Breaker {
  if (!breaker.outage) return breaker;
  const { since, probes } = breaker.outage;
  return {
    failures: failuresToOpen - 1,
    outage: null,
    trial: { since, probes: probes + 1, at: clock.now() },
  };
}

/** The breakers of all destinations; lanes share it, because one lane's fallback is another's principal. */
export class DestinationHealth {
  readonly #breakers = new Map<string, Breaker>();
  constructor(
    private readonly clock: BreakerClock,
    /** Told when a destination goes down (with the cause) or up again (null). */
    private readonly onTurn: (destinationId: string, outage: Outage | null) => void,
  ) {}

  outage(destinationId: string): Outage | null {
    return this.#breakers.get(destinationId)?.outage ?? null;
  }

  /** An attempt's transport failed. */
  failed(destinationId: string, fault: TransportFault): void {
    this.#turn(destinationId, (breaker) => afterFault(breaker, fault, this.clock));
  }

  probeFailed(destinationId: string): void {
    this.#turn(destinationId, (breaker) => afterFailedProbe(breaker, this.clock));
  }

  /** The destination answered a probe; whether it stores is not known yet. */
  probed(destinationId: string): void {
    this.#turn(destinationId, (breaker) => afterGoodProbe(breaker, this.clock));
  }

  /** The destination answered an attempt. */
  worked(destinationId: string): void {
    this.#turn(destinationId, () => closedBreaker);
  }

  forget(destinationId: string): void {
    this.#breakers.delete(destinationId);
  }

  #turn(destinationId: string, change: (breaker: Breaker) => Breaker): void {
    const before = this.#breakers.get(destinationId) ?? closedBreaker;
    const after = change(before);
    this.#breakers.set(destinationId, after);
    if (Boolean(before.outage) !== Boolean(after.outage)) this.onTurn(destinationId, after.outage);
  }
}
