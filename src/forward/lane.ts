import type { DeliveryState } from "../contract/states.ts";
import { startWorker, type Worker } from "../core/worker.ts";
import {
  changedNow,
  type Delivery,
  type DeliveryChange,
  expiredDeliveries,
  holdLane,
  laneDeliveries,
  moveLane,
  nextDelivery,
  nextExpiryAt,
  nextRetryAt,
  releaseLane,
} from "../db/deliveries.ts";
import type { Destination } from "../destinations/destination.ts";
import type { Outage } from "./breaker.ts";
import { type ForwardContext, Interrupted } from "./context.ts";
import { parkDelivery } from "./park.ts";
import { Prober } from "./probe.ts";
import { Sender } from "./sender.ts";
import { retryTimeExceeded } from "./verdict.ts";

/** A lane looks again after so long even when nobody wakes it. */
const idlePollMs = 60_000;

/**
 * Two places: a routine attempt takes only `any`; STAT has one of its own beside it. As long as something urgent runs no routine
 * study begins, and one under way stops behind what it has just sent: its line is the urgent one's.
 */
type Slot = "stat" | "any";

interface Running {
  readonly id: string;
  readonly uploadId: string;
  readonly urgent: boolean;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** The queue of one destination. What happens in here never waits for another lane. */
export class Lane {
  readonly #running = new Map<Slot, Running>();
  readonly #worker: Worker;
  readonly #prober: Prober;
  readonly #sender: Sender;
  #stopping = false;

  constructor(
    private readonly context: ForwardContext,
    private readonly destinationId: string,
    private readonly onError: (error: unknown, name: string) => void,
  ) {
    this.#prober = new Prober(context, destinationId);
    this.#sender = new Sender(context);
    this.#worker = startWorker({ name: "lane", run: async () => this.#round(), onError });
  }

  wake(): void {
    this.#worker.wake();
  }

  /** Aborts what runs, waits `stopGraceMs` at most; what did not end by itself is queued again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#worker.stop();
    this.#prober.stop();
    await this.#interrupt([...this.#running.values()], "the box stops");
    this.#sender.close();
    this.#move(["sending"], "pending", { nextAttemptAt: null });
  }

  /** Aborts an upload's attempts, and waits `stopGraceMs` at most. */
  async halt(uploadId: string): Promise<void> {
    const running = [...this.#running.values()].filter((it) => it.uploadId === uploadId);
    await this.#interrupt(running, "the upload ends");
  }

  async #interrupt(running: readonly Running[], why: string): Promise<void> {
    for (const { abort } of running) abort.abort(new Interrupted(why));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, this.context.stopGraceMs);
    });
    await Promise.race([Promise.all(running.map(({ ended }) => ended)), grace]);
    clearTimeout(timer);
  }

  /** Brings rows and attempts in step, starts what may start, and answers when something is due next. */
  #round(): number {
    const { context, destinationId } = this;
    this.#reconcile();
    if (context.paused(destinationId)) return idlePollMs; // what runs is finished, nothing more is begun
    const outage = context.health.outage(destinationId);
    const target = this.#target();
    if (target) {
      this.#release(target.id !== destinationId);
      this.#fill(target);
    } else if (outage) this.#hold(outage);
    if (outage) this.#prober.probeWhenDue(outage.nextProbeAt, () => this.wake());
    return this.#nextRoundIn();
  }

  /** Ends attempts whose delivery was cancelled; dates anew what is `sending` though its attempt is over. */
  #reconcile(): void {
    const sending = laneDeliveries(this.context.db.orm, this.destinationId, ["sending"]);
    const running = [...this.#running.values()];
    for (const { id, abort } of running)
      if (!sending.some((row) => row.id === id)) abort.abort(new Interrupted("the delivery was cancelled"));
    for (const row of sending) if (!running.some(({ id }) => id === row.id)) this.#sender.recover(row);
  }

  /** Where the lane's deliveries go now: the principal; its fallback after a while of being down; null: nowhere. */
  #target(): Destination | null {
    const { context, destinationId } = this;
    const outage = context.health.outage(destinationId);
    if (!outage) return context.destinations(destinationId) ?? null;
    if (context.now().box < outage.since + context.fallbackAfterMs) return null;
    const fallback = this.#fallback();
    return fallback && !context.health.outage(fallback) && !context.paused(fallback)
      ? (context.destinations(fallback) ?? null)
      : null;
  }

  #fallback(): string | undefined {
    return this.context.config().destination.find(({ id }) => id === this.destinationId)?.fallback;
  }

  #fill(target: Destination): void {
    const { destinationId } = this;
    const now = this.context.now().box;
    for (;;) {
      const free = (["stat", "any"] as const).filter((slot) => !this.#running.has(slot));
      if (free.length === 0 || this.#stopping) return;
      const except = [...this.context.halted];
      // One that was queued again while its attempt unwinds would get that one's verdict.
      const running = [...this.#running.values()].map(({ id }) => id);
      const filter = { destinationId, now, statOnly: !free.includes("any"), except, running };
      const next = nextDelivery(this.context.db.orm, filter);
      if (!next || (next.priority !== 0 && this.#urgentRuns())) return;
      this.#start(next, target, next.priority === 0 && free.includes("stat") ? "stat" : "any");
    }
  }

  #urgentRuns(): boolean {
    return [...this.#running.values()].some(({ urgent }) => urgent);
  }

  #start(delivery: Delivery, target: Destination, slot: Slot): void {
    const abort = new AbortController();
    const urgent = delivery.priority === 0;
    this.#sender.claim(delivery, target);
    const ended = this.#sender
      .send(delivery, target, abort, () => urgent || !this.#urgentRuns())
      // The database failed: the row stays `sending` until a round can write again.
      .catch((error: unknown) => this.#stopping || this.onError(error, "lane"))
      .then(() => {
        this.#running.delete(slot);
        this.wake();
      });
    this.#running.set(slot, { id: delivery.id, uploadId: delivery.uploadId, urgent, abort, ended });
  }

  /** While the destination is down everything queued waits for the next probe, and parks when its time is over. */
  #hold(outage: Outage): void {
    const { context, destinationId } = this;
    const now = context.now();
    for (const row of expiredDeliveries(context.db.orm, destinationId, now.box))
      parkDelivery(context, row, retryTimeExceeded(row.errorMessage ?? outage.message));
    const held = holdLane(context.db.orm, destinationId, outage, now);
    for (const uploadId of held) context.onChange(uploadId);
  }

  /** What waited goes again; a pause of its own that is not over yet is kept, but says nothing of the fallback. */
  #release(toFallback: boolean): void {
    const { context, destinationId } = this;
    const now = context.now();
    const released = releaseLane(context.db.orm, destinationId, toFallback ? Number.MAX_SAFE_INTEGER : now.box, now);
    for (const uploadId of released) context.onChange(uploadId);
  }

  #move(from: readonly DeliveryState[], to: DeliveryState, change: DeliveryChange): void {
    const { context, destinationId } = this;
    const uploads = moveLane(context.db.orm, destinationId, from, to, { ...change, ...changedNow(context.now()) });
    for (const uploadId of uploads) context.onChange(uploadId);
  }

  #nextRoundIn(): number {
    const { context, destinationId } = this;
    const now = context.now().box;
    const outage = context.health.outage(destinationId);
    const retryAt = nextRetryAt(context.db.orm, destinationId);
    const fallbackAt = outage && this.#fallback() ? outage.since + context.fallbackAfterMs : null;
    const dates = outage
      ? [retryAt, outage.nextProbeAt, fallbackAt, nextExpiryAt(context.db.orm, destinationId)]
      : [retryAt];
    const waits = dates.filter((date) => date !== null && date > now).map((date) => Number(date) - now);
    return Math.min(idlePollMs, ...waits);
  }
}
