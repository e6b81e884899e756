import type { ErrorCode } from "../contract/errors.ts";
import { isSettled } from "../contract/states.ts";
import { type Delivery, studyInstanceUIDOf, uploadFacts } from "../db/deliveries.ts";
import { type OpenInstance, openInstances, recordOutcomes } from "../db/receipts.ts";
import type { HeldInstances } from "../destinations/destination.ts";
import { outgoing, SENT } from "./attempt.ts";
import type { ForwardContext } from "./context.ts";

/** Faults before the first image: a delivery that met nothing else has left nothing behind. */
const beforeSending = new Set<ErrorCode>([
  "destination_unreachable",
  "destination_tls_failed",
  "destination_auth_failed",
  "destination_rejected",
]);

/**
 * Whether a destination may hold images of this upload that it did not answer for. It is asked once, and what it shows as
 * ours is recorded. Call it when no attempt of the upload is under way.
 */
export async function mayHoldMore(context: ForwardContext, uploadId: string, signal: AbortSignal): Promise<boolean> {
  const cut = AbortSignal.any([signal, AbortSignal.timeout(context.cancelAskMs)]);
  const tried = (uploadFacts(context.db.orm, uploadId)?.deliveries ?? []).filter(
    (row) => row.attempts > 0 && !isSettled(row.state),
  );
  const doubts = tried.flatMap((row) =>
    [...new Set([row.destinationId, row.via ?? row.destinationId])].map((id) => isInDoubt(context, row, id, cut)),
  );
  return (await Promise.all(doubts)).includes(true);
}

async function isInDoubt(context: ForwardContext, row: Delivery, destinationId: string, cut: AbortSignal) {
  const open = openInstances(context.db.orm, row, destinationId).filter(({ known }) => known?.result !== "answered");
  if (open.length === 0) return false;
  const held = await heldAt(context, row, destinationId, open, cut);
  if (held instanceof Map) return recordFound(context, row, destinationId, open, held);
  if (open.some(({ known }) => known?.answer === SENT)) return true;
  return held === "cannot be asked" || row.errorCode === null || !beforeSending.has(row.errorCode);
}

type Held = HeldInstances | "cannot be asked" | "no answer";

async function heldAt(
  context: ForwardContext,
  delivery: Delivery,
  destinationId: string,
  open: readonly OpenInstance[],
  cut: AbortSignal,
): Promise<Held> {
  const studyInstanceUID = studyInstanceUIDOf(context.db.orm, delivery.studyId);
  const instances = open.map((row) => outgoing(row, { context, delivery, studyInstanceUID }, false));
  // An adapter that overlooks the signal must not keep a person waiting.
  const { promise: silence, resolve } = Promise.withResolvers<"no answer">();
  cut.addEventListener("abort", () => resolve("no answer"), { once: true });
  const ask = async (): Promise<Held> => {
    const destination = context.destinations(destinationId);
    return destination ? ((await destination.find(instances, cut)) ?? "cannot be asked") : "no answer";
  };
  return await Promise.race([ask().catch(() => "no answer" as const), silence]);
}

/** Records what lies there and is ours; answers whether there is more of which nobody can say whose it is. */
function recordFound(
  context: ForwardContext,
  { id: deliveryId }: Delivery,
  destinationId: string,
  open: readonly OpenInstance[],
  held: HeldInstances,
): boolean {
  const found = open.flatMap(({ instance, known }) => {
    const same = held.get(instance.sopInstanceUID)?.same;
    // Absent when we asked, sent, and there now: ours, though not compared.
    const ours = same === true || instance.made || (same === null && known?.answer === SENT);
    return same === undefined || (same === false && !instance.made) ? [] : [{ instanceId: instance.id, ours, same }];
  });
  recordOutcomes(
    context.db.orm,
    found
      .filter(({ ours }) => ours)
      .map(({ instanceId, same }) => ({
        deliveryId,
        destinationId,
        instanceId,
        result: "stored" as const,
        answer: "found at the destination",
        verifiedBy: same === true ? ("query" as const) : ("peer" as const),
        at: context.now().wall,
      })),
  );
  return found.some(({ ours }) => !ours);
}
