import type { ErrorCode } from "../contract/errors.ts";
import { backoffMs } from "./backoff.ts";

/** The transport's fault, as DestinationError gives it. */
export interface TransportFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterSeconds?: number | undefined;
}

/** A destination that is down. Times are milliseconds since 1970. */
export interface Outage extends TransportFault {
  readonly since: number;
  readonly probes: number;
  readonly nextProbeAt: number;
}

/** A circuit breaker: closed while `outage` is null. */
export interface Breaker {
  /** Attempts that failed in a row. */
  readonly failures: number;
  readonly outage: Outage | null;
}

export const closedBreaker: Breaker = { failures: 0, outage: null };
const failuresToOpen = 2;
const probeMaxMs = 60_000;

const nextProbe = (probes: number, now: number, random: () => number, retryAfterSeconds?: number) =>
  now + backoffMs(probes + 1, { random, maxMs: probeMaxMs, retryAfterSeconds });

/** After an attempt whose transport failed: the second in a row opens the breaker. */
export function afterFault(breaker: Breaker, fault: TransportFault, now: number, random: () => number): Breaker {
  const failures = breaker.failures + 1;
  if (breaker.outage || failures < failuresToOpen) return { ...breaker, failures };
  const nextProbeAt = nextProbe(0, now, random, fault.retryAfterSeconds);
  return { failures, outage: { ...fault, since: now, probes: 0, nextProbeAt } };
}

/** After a probe that failed: the next one comes later, 1 s doubling up to 60 s. */
export function afterFailedProbe(breaker: Breaker, now: number, random: () => number): Breaker {
  if (!breaker.outage) return breaker;
  const probes = breaker.outage.probes + 1;
  return { ...breaker, outage: { ...breaker.outage, probes, nextProbeAt: nextProbe(probes, now, random) } };
}

/** The breakers of all destinations; lanes share it, because one lane's fallback is another's principal. */
export class DestinationHealth {
  readonly #breakers = new Map<string, Breaker>();
  constructor(
    private readonly clock: { readonly now: () => number; readonly random: () => number },
    /** Told when a destination goes down (with the cause) or up again (null). */
    private readonly onTurn: (destinationId: string, outage: Outage | null) => void,
  ) {}

  outage(destinationId: string): Outage | null {
    return this.#breakers.get(destinationId)?.outage ?? null;
  }

  /** An attempt's transport failed. */
  failed(destinationId: string, fault: TransportFault): void {
    this.#turn(destinationId, (breaker) => afterFault(breaker, fault, this.clock.now(), this.clock.random));
  }

  probeFailed(destinationId: string): void {
    this.#turn(destinationId, (breaker) => afterFailedProbe(breaker, this.clock.now(), this.clock.random));
  }

  /** The destination answered an attempt or a probe. */
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
