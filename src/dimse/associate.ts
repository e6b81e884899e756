import { withoutPadding } from "../core/trim-end.ts";
import { aeTitleBytes } from "./ae-title.ts";
import { protocolError } from "./errors.ts";
import { OUR_MAX_LENGTH, PduType, pdu } from "./pdu.ts";

/** PS3.7 A.2.1. */
const DICOM_APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";
/** The same as in the file meta that this product writes. */
const IMPLEMENTATION_CLASS_UID = "2.25.164486428787795081269085357848048475635";
const IMPLEMENTATION_VERSION_NAME = "RELAYPACS";
/** Ids are odd and go to 255 (PS3.8 9.3.2.2). */
export const MOST_CONTEXTS = 128;

/** One SOP class in one transfer syntax: what leaves is never re-encoded, so nothing else is offered. */
export interface ProposedContext {
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

export interface Accepted {
  /** The peer's longest P-DATA-TF, bytes; 0 is no limit. */
  readonly maxLength: number;
  /** By context id; result 0 is acceptance (PS3.8 table 9-18). */
  readonly results: ReadonlyMap<number, { readonly result: number; readonly transferSyntax: string }>;
}

export const contextIdAt = (index: number): number => 2 * index + 1;

/** A-ASSOCIATE-RQ (PS3.8 9.3.2). @throws RangeError for an AE title that is none. */
export function associateRQ(called: string, calling: string, contexts: readonly ProposedContext[]): Buffer {
  const maxLength = Buffer.alloc(4);
  maxLength.writeUInt32BE(OUR_MAX_LENGTH);
  const proposals = contexts.map(({ abstractSyntax, transferSyntax }, index) => {
    const id = Buffer.from([contextIdAt(index), 0, 0, 0]);
    return item(0x20, Buffer.concat([id, item(0x30, ascii(abstractSyntax)), item(0x40, ascii(transferSyntax))]));
  });
  const userInformation = [
    item(0x51, maxLength),
    item(0x52, ascii(IMPLEMENTATION_CLASS_UID)),
    item(0x55, ascii(IMPLEMENTATION_VERSION_NAME)),
  ];
  const body = [
    Buffer.from([0, 1, 0, 0]), // protocol version 1
    aeTitleBytes(called),
    aeTitleBytes(calling),
    Buffer.alloc(32),
    item(0x10, ascii(DICOM_APPLICATION_CONTEXT)),
    ...proposals,
    item(0x50, Buffer.concat(userInformation)),
  ];
  return pdu(PduType.associateRQ, Buffer.concat(body));
}

/** A-ASSOCIATE-AC (PS3.8 9.3.3). @throws DimseError where it is malformed. */
export function associateAC(body: Buffer): Accepted {
  const results = new Map<number, { result: number; transferSyntax: string }>();
  let maxLength = 0;
  for (const { type, data } of items(body, 68)) {
    if (type === 0x21) {
      if (data.length < 4) throw protocolError("presentation context item is cut short");
      const syntax = items(data, 4).find((sub) => sub.type === 0x40)?.data;
      const transferSyntax = withoutPadding(syntax?.toString("latin1") ?? "");
      results.set(data.readUInt8(0), { result: data.readUInt8(2), transferSyntax });
    }
    if (type === 0x50) {
      const length = items(data, 0).find((sub) => sub.type === 0x51)?.data;
      if (length?.length === 4) maxLength = length.readUInt32BE(0);
    }
  }
  return { maxLength, results };
}

const ascii = (text: string): Buffer => Buffer.from(text, "latin1");

function item(type: number, data: Buffer): Buffer {
  const head = Buffer.from([type, 0, 0, 0]);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data]);
}

function items(bytes: Buffer, from: number): { type: number; data: Buffer }[] {
  const found: { type: number; data: Buffer }[] = [];
  for (let at = from; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw protocolError("A-ASSOCIATE-AC is cut short");
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) throw protocolError("A-ASSOCIATE-AC has an item longer than itself");
    found.push({ type: bytes.readUInt8(at), data: bytes.subarray(at + 4, end) });
    at = end;
  }
  return found;
}
