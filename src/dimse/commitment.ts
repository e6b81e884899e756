import type { ProposedContext } from "./associate.ts";
import type { Association, OutgoingDataSet } from "./association.ts";
import { CommandField, CommandTag } from "./command-set.ts";
import { protocolError } from "./errors.ts";
import {
  decodeImplicit,
  encodeImplicit,
  sequenceIn,
  sequenceValue,
  shortIn,
  textIn,
  uidValue,
} from "./implicit-set.ts";
import type { Message } from "./message-stream.ts";

/** Storage Commitment Push Model (PS3.4 J.3), and its one well-known instance (J.3.5). */
export const STORAGE_COMMITMENT = "1.2.840.10008.1.20.1";
const WELL_KNOWN_INSTANCE = "1.2.840.10008.1.20.1.1";
/** Every application entity takes it (PS3.5 10.1). */
export const IMPLICIT_VR_LE = "1.2.840.10008.1.2";
const REQUEST_STORAGE_COMMITMENT = 1;

const REFERENCED_SOP_CLASS_UID = 0x00081150;
const REFERENCED_SOP_INSTANCE_UID = 0x00081155;
const TRANSACTION_UID = 0x00081195;
const FAILURE_REASON = 0x00081197;
const FAILED_SOP_SEQUENCE = 0x00081198;
const REFERENCED_SOP_SEQUENCE = 0x00081199;

export const commitmentContext: ProposedContext = {
  abstractSyntax: STORAGE_COMMITMENT,
  transferSyntax: IMPLICIT_VR_LE,
};

export interface Committable {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** What a peer vouches for, of one transaction. */
export interface CommitmentReport {
  readonly transactionUID: string;
  readonly committed: ReadonlySet<string>;
  /** SOP Instance UIDs it does not vouch for, with its reason (PS3.4 J.3.3.1.2). */
  readonly failed: ReadonlyMap<string, number | null>;
}

/** N-ACTION "Request Storage Commitment" (PS3.4 J.3.2); answers the status. @throws as `Association.perform` */
export async function requestCommitment(
  association: Association,
  transactionUID: string,
  instances: readonly Committable[],
): Promise<number> {
  const references = instances.map((one): [number, Buffer][] => [
    [REFERENCED_SOP_CLASS_UID, uidValue(one.sopClassUID)],
    [REFERENCED_SOP_INSTANCE_UID, uidValue(one.sopInstanceUID)],
  ]);
  const bytes = encodeImplicit([
    [TRANSACTION_UID, uidValue(transactionUID)],
    [REFERENCED_SOP_SEQUENCE, sequenceValue(references)],
  ]);
  let status: number | null = null;
  const action = {
    context: commitmentContext,
    field: CommandField.action,
    sopClassUID: STORAGE_COMMITMENT,
    sopInstanceUID: WELL_KNOWN_INSTANCE,
    actionType: REQUEST_STORAGE_COMMITMENT,
    dataSet: whole(bytes),
  };
  for await (const response of association.perform(action)) status = response.status;
  if (status === null) throw protocolError("response is missing");
  return status;
}

function whole(bytes: Uint8Array): OutgoingDataSet {
  async function* pieces() {
    yield bytes;
  }
  return { length: bytes.length, pieces: pieces() };
}

/** The report in an N-EVENT-REPORT request (PS3.4 J.3.3); null where the message is none. @throws DimseError where it is malformed */
export function reportIn({ command, data }: Message): CommitmentReport | null {
  if (shortIn(command, CommandTag.commandField) !== CommandField.eventReport || data === null) return null;
  if (textIn(command, CommandTag.affectedSOPClassUID) !== STORAGE_COMMITMENT) return null;
  const failed = sequenceIn(data, FAILED_SOP_SEQUENCE).map((item): [string, number | null] => [
    textIn(item, REFERENCED_SOP_INSTANCE_UID),
    shortIn(item, FAILURE_REASON),
  ]);
  const committed = sequenceIn(data, REFERENCED_SOP_SEQUENCE).map((item) => textIn(item, REFERENCED_SOP_INSTANCE_UID));
  return {
    transactionUID: textIn(decodeImplicit(data), TRANSACTION_UID),
    committed: new Set(committed),
    failed: new Map(failed),
  };
}
