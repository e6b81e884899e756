import { record, theBox } from "../audit/record.ts";
import { archiveTime } from "../db/archive-times.ts";
import { changedNow, type Delivery, deliveryById, moveDelivery, studyInstanceUIDOf } from "../db/deliveries.ts";
import { commonestError, countOutcomes } from "../db/receipts.ts";
import { type Destination, DestinationError } from "../destinations/destination.ts";
import { attemptDelivery } from "./attempt.ts";
import { backoffMs } from "./backoff.ts";
import { type ForwardContext, Interrupted } from "./context.ts";
import { settleUpload } from "./settle.ts";
import { reasonOf, type Verdict, verdictOf } from "./verdict.ts";

const eventOf = {
  delivered: "delivery.finished",
  retrying: "delivery.retrying",
  parked: "delivery.parked",
  pending: "delivery.interrupted",
} as const;

/** What a fallback never takes is no verdict: its principal may be back tomorrow. All else is the box's own fault and may pass. */
function failureOf(error: unknown, byFallback: boolean) {
  if (error === undefined) return undefined;
  if (!(error instanceof DestinationError)) return { ...reasonOf("internal_error"), retryable: true };
  const { code, message, retryable } = error;
  return { code, message, retryable: retryable || byFallback };
}

/** Takes one delivery through one attempt: claim, attempt, verdict. */
export class Sender {
  /** Failed attempts without progress in a row; a restart begins again with short pauses. */
  readonly #failures = new Map<string, number>();
  #closed = false;

  constructor(private readonly context: ForwardContext) {}

  /** Leases the delivery for an attempt; `via` tells who takes it in place of the principal: as a whole, so that it can be read in one place. */
  claim(delivery: Delivery, target: Destination): void {
    const { context } = this;
    const now = context.now();
    const isFallback = target.id !== delivery.destinationId;
    context.db.transaction((tx) => {
      const attempts = delivery.attempts + 1;
      moveDelivery(tx, delivery.id, "sending", {
        attempts,
        via: isFallback ? target.id : null,
        deliveredInstances: countOutcomes(tx, delivery.id, target.id).stored,
        nextAttemptAt: null,
        ...changedNow(now),
      });
    });
    context.log.event("delivery.started", { ...this.#fields(delivery), via: isFallback ? target.id : null });
    context.onChange(delivery.uploadId);
  }

  /**
   * One attempt and its verdict. The destination's errors become the delivery's.
   * @throws where the verdict cannot be written; the row is then left `sending`
   */
  async send(
    delivery: Delivery,
    target: Destination,
    abort: AbortController,
    mayGoOn: () => boolean = () => true,
  ): Promise<void> {
    const { context } = this;
    const before = countOutcomes(context.db.orm, delivery.id, target.id);
    let failure: unknown;
    try {
      const studyInstanceUID = studyInstanceUIDOf(context.db.orm, delivery.studyId);
      await attemptDelivery({ context, delivery, studyInstanceUID, destination: target, abort, mayGoOn });
    } catch (error) {
      failure = error;
    }
    if (this.#closed) return;
    if (abort.signal.aborted) failure = abort.signal.reason;
    const byFallback = target.id !== delivery.destinationId;
    this.#noteHealth(target.id, failure, byFallback);
    const after = countOutcomes(context.db.orm, delivery.id, target.id);
    const progressed = after.stored + after.refused > before.stored + before.refused;
    const earlier = progressed ? 0 : (this.#failures.get(delivery.id) ?? 0);
    this.#failures.set(delivery.id, earlier + 1);
    this.#finish(delivery, target.id, failure);
  }

  /** An attempt is over, but its verdict could not be written: the delivery goes again after a pause. */
  recover(row: Delivery): void {
    const { context } = this;
    const now = context.now();
    const { code, message } = reasonOf("internal_error");
    const error = { errorCode: code, errorMessage: message };
    const change = { ...error, nextAttemptAt: this.#nextAttempt(row, undefined, now.box), ...changedNow(now) };
    context.db.transaction((tx) => moveDelivery(tx, row.id, "retrying", change));
    context.onChange(row.uploadId);
  }

  /** From here on nothing is written, whatever an attempt that ignores its signal still does. */
  close(): void {
    this.#closed = true;
  }

  #noteHealth(destinationId: string, failure: unknown, byFallback: boolean): void {
    if (failure === undefined) this.context.health.worked(destinationId);
    else if (failure instanceof DestinationError && (failure.retryable || byFallback)) {
      const { code, message, options } = failure;
      this.context.health.failed(destinationId, { code, message, retryAfterSeconds: options.retryAfterSeconds });
    }
  }

  #finish(delivery: Delivery, targetId: string, failure: unknown): void {
    const { context } = this;
    const now = context.now();
    const verdict = context.db.transaction((tx) => {
      const row = deliveryById(tx, delivery.id);
      // Cancelled meanwhile: the verdict was a person's.
      if (row?.state !== "sending") return undefined;
      const { stored, refused } = countOutcomes(tx, delivery.id, targetId);
      const found = verdictOf({
        total: row.totalInstances,
        stored,
        refused,
        commonestRefusal: commonestError(tx, delivery.id, targetId, "refused"),
        commonestRetry: commonestError(tx, delivery.id, targetId, "retry"),
        failure: failureOf(failure, targetId !== row.destinationId),
        // Something joined the delivery meanwhile: it goes at once, not after a pause.
        stopped: failure instanceof Interrupted || row.totalInstances > delivery.totalInstances,
        now: now.box,
        retryUntil: row.retryUntil,
      });
      const next = found.state === "retrying" ? this.#nextAttempt(row, failure, now.box) : null;
      moveDelivery(tx, row.id, found.state, {
        deliveredInstances: stored,
        nextAttemptAt: next,
        errorCode: "code" in found ? found.code : null,
        errorMessage: "message" in found ? found.message : null,
        ...changedNow(now),
      });
      if (found.state === "delivered" || found.state === "parked")
        record(tx, {
          by: theBox,
          event: found.state === "delivered" ? "delivery.finished" : "delivery.parked",
          uploadId: row.uploadId,
          studyInstanceUID: studyInstanceUIDOf(tx, row.studyId),
          failed: found.state === "parked",
          details: {
            ...this.#fields(delivery),
            via: row.via,
            ...("code" in found ? { code: found.code } : {}),
            delivered: stored,
            refused,
            instances: row.totalInstances,
          },
        });
      settleUpload(tx, row.uploadId, now);
      const retryInMs = next === null ? null : next - now.box;
      const archived = found.state === "delivered" ? archiveTime(tx, row.id) : undefined;
      return { ...found, stored, refused, total: row.totalInstances, retryInMs, archived };
    });
    if (verdict?.state !== "retrying") this.#failures.delete(delivery.id);
    if (verdict) this.#tell(delivery, verdict, verdict.retryInMs);
  }

  /** Never past retry_until, so that the last try is made when the time ends. */
  #nextAttempt(row: Delivery, failure: unknown, now: number): number {
    const retryAfterSeconds = failure instanceof DestinationError ? failure.options.retryAfterSeconds : undefined;
    const pause = backoffMs(this.#failures.get(row.id) ?? 1, { random: this.context.random, retryAfterSeconds });
    return Math.min(now + pause, Math.max(row.retryUntil, now));
  }

  #tell(
    delivery: Delivery,
    verdict: Verdict & {
      readonly stored: number;
      readonly refused: number;
      readonly total: number;
      readonly archived: ReturnType<typeof archiveTime>;
    },
    retryInMs: number | null,
  ): void {
    const { stored, refused, total } = verdict;
    const cause = "code" in verdict ? { code: verdict.code } : {};
    const retry = retryInMs === null ? {} : { retry_in_ms: retryInMs };
    const { archived } = verdict;
    const took =
      archived === undefined
        ? {}
        : { service_level: archived.serviceLevel, duration_ms: archived.ms, queued_ms: archived.queuedMs };
    const counts = { delivered: stored, refused, instances: total, ...took };
    this.context.log.event(eventOf[verdict.state], { ...this.#fields(delivery), ...cause, ...retry, ...counts });
    this.context.onChange(delivery.uploadId);
  }

  #fields({ id, destinationId, uploadId, attempts }: Delivery) {
    return { delivery_id: id, destination_id: destinationId, upload_id: uploadId, attempts: attempts + 1 };
  }
}
