import type { ProposedContext } from "./associate.ts";
import { Association, isPending, type OutgoingDataSet, type PeerEntity } from "./association.ts";
import { CommandField } from "./command-set.ts";
import { DimseError, protocolError } from "./errors.ts";
import { encodeImplicit, textIn, uidValue } from "./implicit-set.ts";
import { cannotBeAsked, statusHex } from "./status.ts";

export const VERIFICATION = "1.2.840.10008.1.1";
export const STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1";
/** Every application entity takes it (PS3.5 10.1). */
const IMPLICIT_VR_LE = "1.2.840.10008.1.2";
const SOP_INSTANCE_UID = 0x00080018;
const QUERY_LEVEL = 0x00080052;
const STUDY_INSTANCE_UID = 0x0020000d;
const SERIES_INSTANCE_UID = 0x0020000e;
/** A series has fewer; a peer that never ends has more. */
const MOST_MATCHES = 200_000;
/** UIDs in one question at most. */
const MOST_LISTED = 100;
/** Matching terminated (PS3.4 C.4.1.1.4): nobody cancelled it here, so that the peer does it by itself. */
const MATCHING_ENDED = 0xfe00;

/**
 * Verification (PS3.4 A): answers the status of the C-ECHO, null where the peer does not take it.
 * @throws DimseError, socket errors, the signal's reason.
 */
export async function echo(peer: PeerEntity, signal: AbortSignal): Promise<number | null> {
  const context = { abstractSyntax: VERIFICATION, transferSyntax: IMPLICIT_VR_LE };
  const association = await Association.open(peer, [context], signal);
  try {
    if (!("id" in association.contextOf(context))) return null;
    return await lastStatus(association, { context, field: CommandField.echo, sopClassUID: VERIFICATION });
  } finally {
    await association.release();
  }
}

export interface StoreRequest {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly dataSet: OutgoingDataSet;
}

/** The pair under which an instance travels: its own transfer syntax and no other. */
export const storeContext = (one: Pick<StoreRequest, "sopClassUID" | "transferSyntaxUID">): ProposedContext => ({
  abstractSyntax: one.sopClassUID,
  transferSyntax: one.transferSyntaxUID,
});

/** C-STORE (PS3.4 B) on an accepted context; answers the status. @throws as `echo`, and what the data set's source throws. */
export const store = (association: Association, request: StoreRequest): Promise<number> =>
  lastStatus(association, { ...request, context: storeContext(request), field: CommandField.store });

/** What is looked for: SOP Instance UIDs by their series. */
export type WantedInstances = ReadonlyMap<string, readonly string[]>;

/**
 * C-FIND at IMAGE level, Study Root (PS3.4 C.6.2): SOP Instance UIDs of these series, null where the peer does not offer or refuses it.
 * A peer that ends its list early (FE00H, as Orthanc does past `LimitFindInstances`) is asked for what is missing by lists of UIDs.
 * @throws as `echo`; DimseError busy for every other failure: no answer is no "I hold none".
 */
export async function findInstances(
  peer: PeerEntity,
  studyInstanceUID: string,
  wanted: WantedInstances,
  signal: AbortSignal,
): Promise<Set<string> | null> {
  const context = { abstractSyntax: STUDY_ROOT_FIND, transferSyntax: IMPLICIT_VR_LE };
  const association = await Association.open(peer, [context], signal);
  try {
    if (!("id" in association.contextOf(context))) return null;
    const found = new Set<string>();
    for (const [series, uids] of wanted) {
      const lists: (readonly string[])[] = [[]]; // universal matching (PS3.4 C.2.2.2.3)
      for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
        const ending = await matches(association, encodeImplicit(identifierOf(studyInstanceUID, series, list)), found);
        if (ending === "none") return null;
        if (ending === "all") continue;
        const missing = (list.length === 0 ? uids : list).filter((uid) => !found.has(uid));
        if (missing.length > 0 && list.length === 1) throw failed(MATCHING_ENDED);
        const size = list.length === 0 ? MOST_LISTED : Math.ceil(missing.length / 2);
        for (let at = 0; at < missing.length; at += size) lists.push(missing.slice(at, at + size));
      }
    }
    return found;
  } finally {
    await association.release();
  }
}

/** Lists of UIDs are backslash-separated (PS3.4 C.2.2.2.2). */
const identifierOf = (study: string, series: string, uids: readonly string[]) =>
  [
    [SOP_INSTANCE_UID, uids.length === 0 ? Buffer.alloc(0) : uidValue(uids.join("\\"))],
    [QUERY_LEVEL, Buffer.from("IMAGE ")],
    [STUDY_INSTANCE_UID, uidValue(study)],
    [SERIES_INSTANCE_UID, uidValue(series)],
  ] as const;

/** Adds what matches; `cut` where the peer ended its list early, `none` where it does not answer such a question. */
async function matches(
  association: Association,
  identifier: Buffer,
  found: Set<string>,
): Promise<"all" | "cut" | "none"> {
  const context = { abstractSyntax: STUDY_ROOT_FIND, transferSyntax: IMPLICIT_VR_LE };
  const dataSet = { length: identifier.length, pieces: onePiece(identifier) };
  const query = { context, field: CommandField.find, sopClassUID: STUDY_ROOT_FIND, dataSet };
  let count = 0;
  for await (const response of association.perform(query)) {
    const uid = response.dataSet === null ? "" : textIn(response.dataSet, SOP_INSTANCE_UID);
    if (uid !== "") found.add(uid);
    if (++count > MOST_MATCHES) throw protocolError("answer to a query has no end");
    if (response.status === 0 || isPending(response.status)) continue;
    if (response.status === MATCHING_ENDED) return "cut";
    if (cannotBeAsked(response.status)) return "none";
    throw failed(response.status);
  }
  return "all";
}

const failed = (status: number): DimseError =>
  new DimseError("busy", `The archive fails at the query (status ${statusHex(status)}).`);

async function lastStatus(association: Association, operation: Parameters<Association["perform"]>[0]): Promise<number> {
  let status: number | null = null;
  for await (const response of association.perform(operation)) status = response.status;
  if (status === null) throw protocolError("response is missing");
  return status;
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
