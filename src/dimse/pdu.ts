import { DimseError, protocolError } from "./errors.ts";

/** PDU types of PS3.8 9.3. */
export const PduType = {
  associateRQ: 0x01,
  associateAC: 0x02,
  associateRJ: 0x03,
  dataTF: 0x04,
  releaseRQ: 0x05,
  releaseRP: 0x06,
  abort: 0x07,
} as const;

export interface Pdu {
  readonly type: number;
  /** Everything behind the six bytes of type and length. */
  readonly body: Buffer;
}

/** One presentation data value (PS3.8 9.3.5.1). */
export interface Pdv {
  readonly contextId: number;
  readonly isCommand: boolean;
  readonly isLast: boolean;
  readonly data: Buffer;
}

export const PDU_HEADER_BYTES = 6;
const PDV_HEADER_BYTES = 6;
/** What we announce as our longest P-DATA-TF, bytes. */
export const OUR_MAX_LENGTH = 65_536;
/** A longer PDU is not read: no honest peer sends one. */
export const PDU_LIMIT = 2 * OUR_MAX_LENGTH;

/** A PDU with its header. */
export function pdu(type: number, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(PDU_HEADER_BYTES + body.length);
  bytes[0] = type;
  bytes.writeUInt32BE(body.length, 2);
  bytes.set(body, PDU_HEADER_BYTES);
  return bytes;
}

export const releaseRQ = (): Buffer => pdu(PduType.releaseRQ, Buffer.alloc(4));
export const releaseRP = (): Buffer => pdu(PduType.releaseRP, Buffer.alloc(4));
/** Source 0: the service user. */
export const abortRQ = (): Buffer => pdu(PduType.abort, Buffer.alloc(4));

/** How many bytes of a message fit into one P-DATA-TF of a peer; even, as fragments are (PS3.8 E.2). */
export function fragmentLength(peerMaxLength: number): number {
  // Zero is no limit (PS3.8 D.1.1).
  const most = peerMaxLength === 0 ? PDU_LIMIT : Math.min(peerMaxLength, PDU_LIMIT);
  const length = (most - PDV_HEADER_BYTES) & ~1;
  if (length < 2) throw protocolError("maximum length leaves no room for data");
  return length;
}

/** A P-DATA-TF with a single fragment. */
export function dataTF(contextId: number, kind: "command" | "data", isLast: boolean, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(PDU_HEADER_BYTES + PDV_HEADER_BYTES + data.length);
  bytes[0] = PduType.dataTF;
  bytes.writeUInt32BE(PDV_HEADER_BYTES + data.length, 2);
  bytes.writeUInt32BE(data.length + 2, 6);
  bytes[10] = contextId;
  bytes[11] = (kind === "command" ? 1 : 0) | (isLast ? 2 : 0);
  bytes.set(data, 12);
  return bytes;
}

/** The fragments in a P-DATA-TF. @throws DimseError where the lengths do not add up. */
export function pdvsOf(body: Buffer): Pdv[] {
  const pdvs: Pdv[] = [];
  for (let at = 0; at < body.length; ) {
    if (at + PDV_HEADER_BYTES > body.length) throw protocolError("P-DATA-TF is cut short");
    const length = body.readUInt32BE(at);
    const end = at + 4 + length;
    if (length < 2 || end > body.length) throw protocolError("fragment is longer than its PDU");
    const control = body.readUInt8(at + 5);
    pdvs.push({
      contextId: body.readUInt8(at + 4),
      isCommand: (control & 1) === 1,
      isLast: (control & 2) === 2,
      data: body.subarray(at + 6, end),
    });
    at = end;
  }
  return pdvs;
}

/** Who rejected and why, as PS3.8 table 9-21 numbers it. */
export function rejection(body: Buffer): DimseError {
  if (body.length < 4) return protocolError("A-ASSOCIATE-RJ is cut short");
  const [result, source, reason] = [body.readUInt8(1), body.readUInt8(2), body.readUInt8(3)];
  const words = REJECTIONS[`${source}.${reason}`] ?? "no reason that is known";
  const transient = result === 2;
  return new DimseError(
    transient ? "rejected-transient" : "rejected-permanent",
    `The archive rejects the association: ${words} (result ${result}, source ${source}, reason ${reason}).`,
  );
}

const REJECTIONS: Readonly<Record<string, string>> = {
  "1.1": "no reason given",
  "1.2": "the application context is not supported",
  "1.3": "it does not know our AE title (calling_ae_title)",
  "1.7": "it is not called by this AE title (called_ae_title)",
  "2.1": "no reason given",
  "2.2": "the protocol version is not supported",
  "3.1": "it is congested for the moment",
  "3.2": "it has reached its limit of associations",
};
