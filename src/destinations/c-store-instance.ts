import { inPieces } from "../core/pieces.ts";
import { canDecompress } from "../dicom/frame-decode.ts";
import { transferSyntaxes } from "../dicom/transfer-syntaxes.ts";
import type { ProposedContext } from "../dimse/associate.ts";
import type { Association, OutgoingDataSet, PeerEntity } from "../dimse/association.ts";
import { DimseError } from "../dimse/errors.ts";
import { store, storeContext } from "../dimse/services.ts";
import { statusHex, statusMeaning } from "../dimse/status.ts";
import { CannotDecompress, type Decompressor } from "./decompressor.ts";
import { DestinationError, type InstanceOutcome, type OutgoingInstance } from "./destination.ts";
import { explicitOne } from "./explicit-ones.ts";
import { dataSetOf, dataSetSizeOf, UnreadableInstance } from "./instance-bytes.ts";
import { incomparable, type Report, refused, retryLater, stored, unreadable } from "./outcome.ts";

/** What compressed images become where the archive takes them in no other way. */
const EXPLICIT_VR_LE = "1.2.840.10008.1.2.1";
const IMPLICIT_VR_LE = "1.2.840.10008.1.2";
/** Even, as fragments are (PS3.8 E.2). */
const PIECE_BYTES = 256 * 1024;

/** So many broken associations or busy answers in a row are the archive's trouble, not the images'. */
const TROUBLES = 3;

/** What the lanes of one sending share. */
export interface Sending {
  readonly peer: PeerEntity;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** What the archive refuses as it came may go in its plain form. */
  readonly decompress: boolean;
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

/** The pairs under which an instance may travel, the one it came in first. */
export function contextsFor(instance: OutgoingInstance, decompress: boolean): ProposedContext[] {
  const own = storeContext(instance);
  return decompress && hasPlainForm(instance) ? [own, { ...own, transferSyntax: EXPLICIT_VR_LE }] : [own];
}

/** In another form it is Explicit VR Little Endian: opened, or written with its VRs. */
const hasPlainForm = ({ transferSyntaxUID: uid }: OutgoingInstance): boolean =>
  uid === IMPLICIT_VR_LE || canDecompress(uid);

async function plainForm(instance: OutgoingInstance, { decompressor }: OpenLane): Promise<OutgoingDataSet> {
  if (instance.transferSyntaxUID !== IMPLICIT_VR_LE) return decompressor.open(instance);
  try {
    const explicit = await explicitOne(instance);
    return { length: dataSetSizeOf(explicit), pieces: inPieces(dataSetOf(explicit), PIECE_BYTES) };
  } catch (cause) {
    throw new CannotDecompress("It cannot be written in explicit VR without a fault.", { cause });
  }
}

/** An association on which instances go out, and what opens those that have to be opened. */
export interface OpenLane {
  readonly association: Association;
  readonly decompressor: Decompressor;
}

/** Sends one instance and reports it; answers whether the association can go on. */
export async function sendOne(sending: Sending, lane: OpenLane, instance: OutgoingInstance): Promise<boolean> {
  const { report, signal } = sending;
  const { association } = lane;
  const own = association.contextOf(storeContext(instance));
  const taken = contextsFor(instance, sending.decompress).find((one) => "id" in association.contextOf(one));
  if (taken === undefined) {
    const refusal = "refusal" in own ? own.refusal : null;
    report(
      notTaken(instance, `presentation context ${refusal ?? "unanswered"}`, refusals[refusal ?? 2] ?? "", sending),
    );
    return true;
  }
  try {
    const asItCame = taken.transferSyntax === instance.transferSyntaxUID;
    const plain = { length: dataSetSizeOf(instance), pieces: dataSetOf(instance) };
    const { dataSet, padded } = evened(asItCame ? plain : await plainForm(instance, lane));
    const notes = [asItCame ? null : decompressedNote(instance), padded ? "one padding byte added" : null];
    const status = await store(association, { ...instance, transferSyntaxUID: taken.transferSyntax, dataSet });
    if (statusMeaning(status).result === "again" && sending.again !== null) sending.again.push(instance);
    else report(judged(sending, instance, status, notes));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CannotDecompress) {
      report(notTaken(instance, "not sent", error.message, { decompress: true }));
      // What had gone out of it by then, the archive must not take for the whole.
      if (!association.between) association.socket.abort();
      return association.between;
    }
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

/** For good: neither as it came nor in another form. */
function notTaken(
  instance: OutgoingInstance,
  answer: string,
  why: string,
  { decompress }: Pick<Sending, "decompress">,
): InstanceOutcome {
  const form = nameOf(instance.transferSyntaxUID);
  const way =
    !decompress && hasPlainForm(instance)
      ? " With decompress = true this destination would be sent it in its plain form."
      : "";
  const message = `The archive does not take this kind of image (${form}): ${why.replace(/\.$/, "")}.${way}`;
  return refused(instance, answer, "transfer_syntax_refused", message);
}

const nameOf = (uid: string): string => transferSyntaxes.get(uid)?.name ?? "unknown transfer syntax";

const decompressedNote = ({ transferSyntaxUID: uid }: OutgoingInstance): string =>
  `${uid === IMPLICIT_VR_LE ? "written anew" : "decompressed"} from ${nameOf(uid)} (${uid}) to Explicit VR Little Endian`;

/**
 * A message has an even length (PS3.5 7.1.1, A.5); DCMTK, and every PACS on it, aborts at an odd fragment. Deflated data sets
 * and some wrong ones are odd: they get one NUL behind their end, as A.5 wants it; every byte of theirs stays.
 */
function evened(dataSet: OutgoingDataSet): { dataSet: OutgoingDataSet; padded: boolean } {
  if (dataSet.length % 2 === 0) return { dataSet, padded: false };
  async function* pieces() {
    let left = dataSet.length;
    for await (const piece of dataSet.pieces) {
      left -= piece.length;
      yield left > 0 ? piece : Buffer.concat([piece, new Uint8Array(1)]);
    }
  }
  return { dataSet: { length: dataSet.length + 1, pieces: pieces() }, padded: true };
}

/** @throws DestinationError when the archive is busy again and again. */
function judged(
  sending: Sending,
  instance: OutgoingInstance,
  status: number,
  notes: readonly (string | null)[],
): InstanceOutcome {
  const meaning = statusMeaning(status);
  const answer = statusHex(status);
  if (meaning.result !== "retry") sending.troubles = 0;
  if (meaning.result === "stored") {
    const said = [status === 0 ? answer : `${answer} warning`, ...notes];
    return stored(instance, said.filter((note) => note !== null).join(", "));
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
