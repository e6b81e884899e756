import type { Association, OutgoingDataSet, PeerEntity } from "../dimse/association.ts";
import { DimseError } from "../dimse/errors.ts";
import { store, storeContext } from "../dimse/services.ts";
import { statusHex, statusMeaning } from "../dimse/status.ts";
import { DestinationError, type InstanceOutcome, type OutgoingInstance } from "./destination.ts";
import { dataSetOf, dataSetSizeOf, UnreadableInstance } from "./instance-bytes.ts";
import { incomparable, type Report, refused, retryLater, stored, unreadable } from "./outcome.ts";

/** So many broken associations or busy answers in a row are the archive's trouble, not the images'. */
const TROUBLES = 3;

/** What the lanes of one sending share. */
export interface Sending {
  readonly peer: PeerEntity;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Broken associations and busy answers in a row, over all lanes. */
  troubles: number;
  /** To be sent once more when the others are through, alone; null in that last round. */
  again: OutgoingInstance[] | null;
}

/** Presentation context results of PS3.8 table 9-18. */
const refusals: Readonly<Record<number, string>> = {
  1: "it refuses this combination",
  2: "it gives no reason",
  3: "the SOP class is not supported",
  4: "the transfer syntax is not supported",
};

/** Sends one instance and reports it; answers whether the association can go on. */
export async function sendOne(
  sending: Sending,
  association: Association,
  instance: OutgoingInstance,
): Promise<boolean> {
  const { report, signal } = sending;
  const context = association.contextOf(storeContext(instance));
  if (!("id" in context)) {
    const { refusal } = context;
    const message = `The archive does not take this kind of image: ${refusals[refusal ?? 2]}.`;
    report(refused(instance, `presentation context ${refusal ?? "unanswered"}`, "transfer_syntax_refused", message));
    return true;
  }
  try {
    const status = await storeOnce(association, instance);
    if (statusMeaning(status).result === "again" && sending.again !== null) sending.again.push(instance);
    else report(judged(sending, instance, status));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    association.socket.abort();
    if (error instanceof UnreadableInstance) {
      report(unreadable(instance));
      return false;
    }
    // One image at which the archive falls over must not keep the others back.
    if (!isBreak(error) || ++sending.troubles >= TROUBLES) throw error;
    const message = "The archive broke the association off while it took this image.";
    report(retryLater(instance, "association broken off", "destination_bad_answer", message));
    return false;
  }
}

const storeOnce = (association: Association, instance: OutgoingInstance): Promise<number> =>
  store(association, {
    sopClassUID: instance.sopClassUID,
    sopInstanceUID: instance.sopInstanceUID,
    transferSyntaxUID: instance.transferSyntaxUID,
    dataSet: evenDataSet(instance),
  });

const isOdd = (instance: OutgoingInstance): boolean => dataSetSizeOf(instance) % 2 === 1;

/**
 * A message has an even length (PS3.5 7.1.1, A.5); DCMTK, and every PACS on it, aborts at an odd fragment. Deflated data sets
 * and some wrong ones are odd: they get one NUL behind their end, as A.5 wants it; every byte of theirs stays.
 */
function evenDataSet(instance: OutgoingInstance): OutgoingDataSet {
  if (!isOdd(instance)) return { length: dataSetSizeOf(instance), pieces: dataSetOf(instance) };
  const length = dataSetSizeOf(instance) + 1;
  async function* padded() {
    let left = length - 1;
    for await (const piece of dataSetOf(instance)) {
      left -= piece.length;
      yield left > 0 ? piece : Buffer.concat([piece, new Uint8Array(1)]);
    }
  }
  return { length, pieces: padded() };
}

/** @throws DestinationError when the archive is busy again and again. */
function judged(sending: Sending, instance: OutgoingInstance, status: number): InstanceOutcome {
  const meaning = statusMeaning(status);
  const answer = statusHex(status);
  if (meaning.result !== "retry") sending.troubles = 0;
  if (meaning.result === "stored") {
    const notes = [status === 0 ? answer : `${answer} warning`, ...(isOdd(instance) ? ["one padding byte added"] : [])];
    return stored(instance, notes.join(", "));
  }
  const message = `The archive says: ${meaning.words} (status ${answer}).`;
  if (meaning.result === "retry") {
    if (++sending.troubles >= TROUBLES) throw new DestinationError(meaning.code, message, true);
    return retryLater(instance, answer, meaning.code, message);
  }
  if (meaning.result === "duplicate") {
    return instance.sentBefore
      ? stored(instance, `${answer}, sent before`, { verified: false })
      : incomparable(instance, answer);
  }
  return refused(instance, answer, meaning.code, message);
}

/** The connection ended under an image; a time-out is not among these, for it speaks of the archive. */
function isBreak(error: unknown): boolean {
  if (error instanceof DimseError) return ["aborted", "closed", "protocol"].includes(error.fault);
  return error instanceof Error && "code" in error && ["ECONNRESET", "EPIPE"].includes(String(error.code));
}
