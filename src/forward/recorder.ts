import { changeDelivery, changedNow, deliveryById } from "../db/deliveries.ts";
import { type OpenInstance, type OutcomeRow, recordOutcomes } from "../db/receipts.ts";
import type { InstanceOutcome } from "../destinations/destination.ts";
import { type ForwardContext, Interrupted } from "./context.ts";

/** A peer that takes small images answers hundreds a second: so long, answers wait for each other. */
const gatherMs = 50;

type Outcome = Omit<OutcomeRow, "deliveryId" | "instanceId" | "destinationId" | "at">;

/** Writes what the peer says of each instance, the outcomes of a moment in one transaction. */
export class OutcomeRecorder {
  readonly #pending = new Map<number, Outcome>();
  readonly #results = new Map<number, OutcomeRow["result"]>();
  readonly #byUID: ReadonlyMap<string, OpenInstance>;
  #scheduled: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    private readonly context: Pick<ForwardContext, "db" | "now" | "onChange">,
    private readonly delivery: { readonly id: string; readonly uploadId: string },
    private readonly destinationId: string,
    open: readonly OpenInstance[],
    private delivered: number,
    /** Called when writing fails or the delivery was taken away; the attempt is to end. */
    private readonly onLost: (cause: unknown) => void,
  ) {
    this.#byUID = new Map(open.map((row) => [row.instance.sopInstanceUID, row]));
    for (const { instance, known } of open) if (known) this.#results.set(instance.id, known.result);
  }

  /** What is known of an instance now, also when it is not written yet. */
  resultOf(instanceId: number): OutcomeRow["result"] | undefined {
    return this.#results.get(instanceId);
  }

  /** Takes an outcome as a destination reports it; unknown instances are ignored. */
  readonly report = (outcome: InstanceOutcome): void => {
    const row = this.#byUID.get(outcome.sopInstanceUID);
    if (!row) return;
    const { answer, error } = outcome;
    const said = { answer, errorCode: error?.code ?? null, errorMessage: error?.message ?? null };
    if (outcome.result === "stored" && outcome.verified !== undefined)
      this.confirm(row, outcome.verified ? "query" : "peer", answer);
    else this.record(row, { ...said, result: outcome.result === "stored" ? "answered" : outcome.result });
  };

  confirm(row: OpenInstance, verifiedBy: "query" | "peer", answer: string): void {
    this.record(row, { result: "stored", answer, verifiedBy, errorCode: null, errorMessage: null });
  }

  record({ instance }: OpenInstance, outcome: Outcome): void {
    if (this.#closed || this.#results.get(instance.id) === "stored") return;
    if (outcome.result === "stored") this.delivered += 1;
    this.#results.set(instance.id, outcome.result);
    this.#pending.set(instance.id, outcome);
    this.#scheduled ??= setTimeout(() => {
      this.#scheduled = undefined;
      this.#tryFlush();
    }, gatherMs);
  }

  /** Writes what was reported so far. */
  flush(): void {
    if (this.#closed || this.#pending.size === 0) return;
    const now = this.context.now();
    const rows = [...this.#pending].map(([instanceId, outcome]) => ({
      verifiedBy: null,
      ...outcome,
      instanceId,
      deliveryId: this.delivery.id,
      destinationId: this.destinationId,
      at: now.wall,
    }));
    const ours = this.context.db.transaction((tx) => {
      if (deliveryById(tx, this.delivery.id)?.state !== "sending") return false;
      recordOutcomes(tx, rows);
      const change = { deliveredInstances: this.delivered, ...changedNow(now) };
      changeDelivery(tx, this.delivery.id, change);
      return true;
    });
    this.#pending.clear();
    if (!ours) {
      this.#close();
      this.onLost(new Interrupted("the delivery was cancelled"));
      return;
    }
    this.context.onChange(this.delivery.uploadId);
  }

  /** Writes the last outcomes; nothing is written any more, whatever is reported. */
  finish(): void {
    this.#tryFlush();
    this.#close();
  }

  #tryFlush(): void {
    try {
      this.flush();
    } catch (error) {
      this.#close();
      this.onLost(error);
    }
  }

  #close(): void {
    this.#closed = true;
    clearTimeout(this.#scheduled);
  }
}
