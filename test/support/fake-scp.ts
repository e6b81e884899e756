import { createServer, type Socket } from "node:net";
import { CommandField, CommandTag } from "../../src/dimse/command-set.ts";
import {
  decodeImplicit,
  encodeImplicit,
  sequenceIn,
  sequenceValue,
  shortIn,
  shortValue,
  textIn,
  uidValue,
} from "../../src/dimse/implicit-set.ts";
import { dataTF, PduType, pdu, pdvsOf, releaseRP } from "../../src/dimse/pdu.ts";

/** How a scripted application entity behaves; what is not said is honest. */
export interface ScpBehaviour {
  /** Instead of accepting: result, source, reason (PS3.8 9.3.4). Per association, the last one for all that follow; null accepts. */
  readonly rejects?: readonly (readonly [number, number, number] | null)[];
  /** A context's result by its abstract and transfer syntax; 0 accepts. */
  readonly contextResult?: (abstractSyntax: string, transferSyntax: string) => number;
  /** The status of the n-th C-STORE, counted over all associations. */
  readonly status?: (index: number, sopInstanceUID: string) => number;
  /** Announced longest P-DATA-TF. Default 16384. */
  readonly maxLength?: number;
  /** At the n-th C-STORE, once it is complete: aborts, closes, hangs, or answers these raw bytes. */
  readonly at?: (index: number) => "abort" | "close" | "hang" | Uint8Array | undefined;
  /** What a C-FIND shows of any series, or the status it ends with. Default: not offered. */
  readonly finds?: () => readonly string[] | number;
  /** What becomes of a request for storage commitment: SOP Instance UIDs vouched for on the same association, silence, or a status. Default: not offered. */
  readonly commits?: (requested: readonly string[]) => readonly string[] | "silence" | number;
  /** Raw bytes in place of the answer to A-ASSOCIATE-RQ. */
  readonly greeting?: Uint8Array;
  /** Stops reading after so many bytes. */
  readonly stallsAfter?: number;
}

export interface FakeScp {
  readonly port: number;
  /** SOP Instance UIDs that arrived in full, with their data set's length. */
  readonly received: { readonly uid: string; readonly length: number }[];
  /** Number of contexts of each association for storing, in order. */
  readonly associations: number[];
  /** How the associations for storing ended. */
  readonly endings: ("released" | "aborted" | "closed")[];
  /** Broken rules of PS3.7 and PS3.8. */
  readonly violations: string[];
  stop(): Promise<void>;
}

const COMMITMENT = "1.2.840.10008.1.20.1";
const STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1";

interface Message {
  command: Buffer[];
  data: Buffer[];
}

/** A storage SCP over plain TCP that holds the requestor to the standard. */
export async function startFakeScp(behaviour: ScpBehaviour = {}): Promise<FakeScp> {
  const [received, associations, endings, violations]: [FakeScp["received"], number[], FakeScp["endings"], string[]] = [
    [],
    [],
    [],
    [],
  ];
  const sockets = new Set<Socket>();
  const maxLength = behaviour.maxLength ?? 16_384;
  let stores = 0;

  /** Answers whether it is one for storing. */
  function associate(socket: Socket, body: Buffer): boolean {
    const contexts = proposedContexts(body);
    const asks = contexts.every(({ abstractSyntax }) => abstractSyntax === STUDY_ROOT_FIND);
    if (asks && behaviour.greeting === undefined) {
      accept(socket, body, contexts, behaviour.finds === undefined ? 3 : 0);
      return false;
    }
    if (contexts.every(({ abstractSyntax }) => abstractSyntax === COMMITMENT)) {
      accept(socket, body, contexts, behaviour.commits === undefined ? 3 : 0);
      return false;
    }
    const rejection = behaviour.rejects?.[Math.min(associations.length, behaviour.rejects.length - 1)];
    associations.push(contexts.length);
    if (behaviour.greeting !== undefined) socket.write(behaviour.greeting);
    else if (rejection) socket.write(pdu(PduType.associateRJ, Buffer.from([0, ...rejection])));
    else accept(socket, body, contexts);
    return true;
  }

  function accept(socket: Socket, body: Buffer, contexts: ReturnType<typeof proposedContexts>, always?: number): void {
    const answers = contexts.map(({ id, abstractSyntax, transferSyntax }) => {
      const result = always ?? behaviour.contextResult?.(abstractSyntax, transferSyntax) ?? 0;
      return item(0x21, Buffer.concat([Buffer.from([id, 0, result, 0]), item(0x40, Buffer.from(transferSyntax))]));
    });
    const length = Buffer.alloc(4);
    length.writeUInt32BE(maxLength);
    const parts = [
      body.subarray(0, 68),
      item(0x10, Buffer.from("1.2.840.10008.3.1.1.1")),
      ...answers,
      item(0x50, item(0x51, length)),
    ];
    socket.write(pdu(PduType.associateAC, Buffer.concat(parts)));
  }

  function data(socket: Socket, body: Buffer, message: Message): void {
    if (maxLength > 0 && body.length > maxLength) violations.push("P-DATA-TF above the maximum length");
    for (const pdv of pdvsOf(body)) {
      if (pdv.data.length % 2 === 1) violations.push("odd fragment");
      (pdv.isCommand ? message.command : message.data).push(pdv.data);
      if (!pdv.isLast) continue;
      const command = decodeImplicit(Buffer.concat(message.command));
      const hasData = shortIn(command, CommandTag.dataSetType) !== 0x0101;
      if (pdv.isCommand && hasData) continue;
      const data = Buffer.concat(message.data);
      message.command = [];
      message.data = [];
      respond(socket, pdv.contextId, command, data);
    }
  }

  function respond(socket: Socket, contextId: number, command: ReturnType<typeof decodeImplicit>, data: Buffer): void {
    const field = shortIn(command, CommandTag.commandField) ?? 0;
    const uid = (command.get(CommandTag.affectedSOPInstanceUID) ?? Buffer.alloc(0))
      .toString("latin1")
      .replace(/\0$/, "");
    if (field === CommandField.find) {
      shows(socket, contextId, command);
      return;
    }
    if (field === CommandField.action) {
      commits(socket, contextId, command, data);
      return;
    }
    if (field === (CommandField.eventReport | CommandField.response)) return;
    const index = field === 1 ? stores++ : -1;
    const special = index < 0 ? undefined : behaviour.at?.(index);
    if (special === "hang") return;
    if (special === "close") return void socket.destroy();
    if (special === "abort") return void socket.end(pdu(PduType.abort, Buffer.alloc(4)));
    if (special !== undefined) return void socket.write(special);
    if (index >= 0) received.push({ uid, length: data.length });
    const status = index < 0 ? 0 : (behaviour.status?.(index, uid) ?? 0);
    socket.write(dataTF(contextId, "command", true, responseTo(command, status)));
  }

  /** N-ACTION, and the N-EVENT-REPORT behind it (PS3.4 J.3). */
  function commits(socket: Socket, contextId: number, command: ReturnType<typeof decodeImplicit>, data: Buffer): void {
    const requested = sequenceIn(data, 0x00081199).map((item) => textIn(item, 0x00081155));
    const answer = behaviour.commits?.(requested) ?? "silence";
    const status = typeof answer === "number" ? answer : 0;
    socket.write(dataTF(contextId, "command", true, responseTo(command, status)));
    if (typeof answer === "number" || answer === "silence") return;
    const items = (uids: readonly string[], failed: boolean) =>
      sequenceValue(
        uids.map((uid): [number, Buffer][] => [
          [0x00081150, uidValue("1.2.840.10008.5.1.4.1.1.2")],
          [0x00081155, uidValue(uid)],
          ...(failed ? [[0x00081197, shortValue(0x0112)] as [number, Buffer]] : []),
        ]),
      );
    const lacking = requested.filter((uid) => !answer.includes(uid));
    const report = encodeImplicit([
      [0x00081195, decodeImplicit(data).get(0x00081195) ?? Buffer.alloc(0)],
      ...(lacking.length > 0 ? [[0x00081198, items(lacking, true)] as [number, Buffer]] : []),
      [0x00081199, items(answer, false)],
    ]);
    const event = encodeImplicit([
      [CommandTag.affectedSOPClassUID, uidValue(COMMITMENT)],
      [CommandTag.commandField, shortValue(CommandField.eventReport)],
      [CommandTag.messageID, shortValue(7)],
      [CommandTag.dataSetType, shortValue(1)],
      [CommandTag.affectedSOPInstanceUID, uidValue(`${COMMITMENT}.1`)],
      [CommandTag.eventTypeID, shortValue(lacking.length > 0 ? 2 : 1)],
    ]);
    socket.write(dataTF(contextId, "command", true, event));
    socket.write(dataTF(contextId, "data", true, report));
  }

  function shows(socket: Socket, contextId: number, command: ReturnType<typeof decodeImplicit>): void {
    const found = behaviour.finds?.() ?? [];
    for (const uid of typeof found === "number" ? [] : found) {
      socket.write(dataTF(contextId, "command", true, responseTo(command, 0xff00, true)));
      socket.write(dataTF(contextId, "data", true, encodeImplicit([[0x00080018, uidValue(uid)]])));
    }
    const status = typeof found === "number" ? found : 0;
    socket.write(dataTF(contextId, "command", true, responseTo(command, status)));
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    let unread = Buffer.alloc(0);
    let total = 0;
    let ending: FakeScp["endings"][number] | null = null;
    let forStoring = true;
    const message: Message = { command: [], data: [] };
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      if (total > 0 && forStoring) endings.push(ending ?? "closed");
    });
    socket.on("data", (bytes: Buffer) => {
      total += bytes.length;
      if (behaviour.stallsAfter !== undefined && total > behaviour.stallsAfter) return void socket.pause();
      unread = Buffer.concat([unread, bytes]);
      while (unread.length >= 6 && unread.length >= 6 + unread.readUInt32BE(2)) {
        const end = 6 + unread.readUInt32BE(2);
        const [type, body] = [unread.readUInt8(0), Buffer.from(unread.subarray(6, end))];
        unread = unread.subarray(end);
        if (type === PduType.associateRQ) forStoring = associate(socket, body);
        else if (type === PduType.dataTF) data(socket, body, message);
        else if (type === PduType.releaseRQ) {
          ending = "released";
          socket.write(releaseRP());
        } else if (type === PduType.abort) ending = "aborted";
        else violations.push(`PDU type ${type}`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    received,
    associations,
    endings,
    violations,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function responseTo(command: ReturnType<typeof decodeImplicit>, status: number, hasDataSet = false): Buffer {
  const field = shortIn(command, CommandTag.commandField) ?? 0;
  return encodeImplicit([
    [CommandTag.commandField, shortValue(field | 0x8000)],
    [CommandTag.messageIDBeingRespondedTo, shortValue(shortIn(command, CommandTag.messageID) ?? 0)],
    [CommandTag.dataSetType, shortValue(hasDataSet ? 1 : 0x0101)],
    [CommandTag.status, shortValue(status)],
  ]);
}

function proposedContexts(body: Buffer): { id: number; abstractSyntax: string; transferSyntax: string }[] {
  const text = (items: { type: number; data: Buffer }[], type: number) =>
    items.find((one) => one.type === type)?.data.toString("latin1") ?? "";
  return itemsOf(body, 68)
    .filter(({ type }) => type === 0x20)
    .map(({ data }) => {
      const inner = itemsOf(data, 4);
      return { id: data.readUInt8(0), abstractSyntax: text(inner, 0x30), transferSyntax: text(inner, 0x40) };
    });
}

function itemsOf(bytes: Buffer, from: number): { type: number; data: Buffer }[] {
  const items: { type: number; data: Buffer }[] = [];
  for (let at = from; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    items.push({ type: bytes.readUInt8(at), data: bytes.subarray(at + 4, end) });
    at = end;
  }
  return items;
}

function item(type: number, data: Buffer): Buffer {
  const head = Buffer.from([type, 0, 0, 0]);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data]);
}
