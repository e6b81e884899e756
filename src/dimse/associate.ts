import { withoutPadding } from "../core/trim-end.ts";
import { implementationClassUID, implementationVersionName } from "../dicom/file-meta.ts";
import { aeTitleBytes } from "./ae-title.ts";
import { protocolError } from "./errors.ts";
import { OUR_MAX_LENGTH, PduType, pdu } from "./pdu.ts";

/** PS3.7 A.2.1. */
const DICOM_APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";
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
    item(0x52, ascii(implementationClassUID)),
    item(0x55, ascii(implementationVersionName)),
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

/** What a peer proposes when it opens an association to us. */
export interface Request {
  readonly contexts: readonly {
    readonly id: number;
    readonly abstractSyntax: string;
    readonly transferSyntaxes: readonly string[];
  }[];
  readonly maxLength: number;
  /** SCP/SCU role selection sub-items as they came (PS3.7 D.3.3.4), by SOP class. */
  readonly roles: ReadonlyMap<string, Buffer>;
}

/** A-ASSOCIATE-RQ (PS3.8 9.3.2) of a peer. @throws DimseError where it is malformed */
export function associateRequest(body: Buffer): Request {
  const text = (data: Buffer | undefined) => withoutPadding(data?.toString("latin1") ?? "");
  const all = items(body, 68);
  const contexts = all
    .filter(({ type }) => type === 0x20)
    .map(({ data }) => {
      if (data.length < 4) throw protocolError("presentation context item is cut short");
      const syntaxes = items(data, 4);
      return {
        id: data.readUInt8(0),
        abstractSyntax: text(syntaxes.find(({ type }) => type === 0x30)?.data),
        transferSyntaxes: syntaxes.filter(({ type }) => type === 0x40).map((one) => text(one.data)),
      };
    });
  const about = items(all.find(({ type }) => type === 0x50)?.data ?? Buffer.alloc(0), 0);
  const length = about.find(({ type }) => type === 0x51)?.data;
  const roles = about
    .filter(({ type, data }) => type === 0x54 && data.length >= 4 && data.readUInt16BE(0) <= data.length - 4)
    .map(({ data }): [string, Buffer] => [text(data.subarray(2, 2 + data.readUInt16BE(0))), data]);
  return { contexts, maxLength: length?.length === 4 ? length.readUInt32BE(0) : 0, roles: new Map(roles) };
}

/**
 * A-ASSOCIATE-AC (PS3.8 9.3.3): what was asked for is named back, its roles as they were proposed.
 * @param results by context id; 0 accepts (PS3.8 table 9-18)
 */
export function associateReply(request: Buffer, results: ReadonlyMap<number, number>, transferSyntax: string): Buffer {
  const maxLength = Buffer.alloc(4);
  maxLength.writeUInt32BE(OUR_MAX_LENGTH);
  const answers = [...results].map(([id, result]) =>
    item(0x21, Buffer.concat([Buffer.from([id, 0, result, 0]), item(0x40, ascii(transferSyntax))])),
  );
  const userInformation = [
    item(0x51, maxLength),
    item(0x52, ascii(implementationClassUID)),
    ...[...associateRequest(request).roles.values()].map((role) => item(0x54, role)),
    item(0x55, ascii(implementationVersionName)),
  ];
  const body = [
    Buffer.from([0, 1, 0, 0]), // protocol version 1
    request.subarray(4, 68), // both titles as they came (PS3.8 table 9-17)
    item(0x10, ascii(DICOM_APPLICATION_CONTEXT)),
    ...answers,
    item(0x50, Buffer.concat(userInformation)),
  ];
  return pdu(PduType.associateAC, Buffer.concat(body));
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
