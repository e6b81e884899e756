import { CommandTag, NO_DATA_SET } from "./command-set.ts";
import { DimseError, protocolError } from "./errors.ts";
import { decodeImplicit, type ImplicitSet, shortIn } from "./implicit-set.ts";
import { PduType, type Pdv, pdvsOf } from "./pdu.ts";
import type { PduSocket } from "./pdu-socket.ts";

/** A message of DIMSE: its command, and its data set as bytes where it has one. */
export interface Message {
  readonly contextId: number;
  readonly command: ImplicitSet;
  readonly data: Buffer | null;
}

const MESSAGE_LIMIT = 1024 * 1024;

/** Joins what arrives on an association to messages. */
export class MessageStream {
  readonly #queue: Pdv[] = [];

  constructor(private readonly socket: PduSocket) {}

  /** The next message. @throws DimseError; socket errors; the signal's reason */
  async next(): Promise<Message> {
    const first = await this.#nextPdv();
    this.#queue.unshift(first);
    const { contextId } = first;
    const command = decodeImplicit(await this.#joined("command", contextId));
    const hasData = shortIn(command, CommandTag.dataSetType) !== NO_DATA_SET;
    return { contextId, command, data: hasData ? await this.#joined("data", contextId) : null };
  }

  /** The fragments of one command or data set; a fragment of the other kind in between is a fault. */
  async #joined(kind: "command" | "data", contextId: number): Promise<Buffer> {
    const fragments: Buffer[] = [];
    let size = 0;
    for (;;) {
      const pdv = this.#queue.shift() ?? (await this.#nextPdv());
      if (pdv.contextId !== contextId || pdv.isCommand !== (kind === "command")) {
        throw protocolError("fragments are out of order");
      }
      size += pdv.data.length;
      if (size > MESSAGE_LIMIT) throw protocolError("message is too long");
      fragments.push(pdv.data);
      if (pdv.isLast) return Buffer.concat(fragments);
    }
  }

  async #nextPdv(): Promise<Pdv> {
    const queued = this.#queue.shift();
    if (queued !== undefined) return queued;
    const { type, body } = await this.socket.read();
    if (type !== PduType.dataTF) throw unexpected(type);
    const [first, ...others] = pdvsOf(body);
    if (first === undefined) throw protocolError("P-DATA-TF is empty");
    this.#queue.push(...others);
    return first;
  }
}

/** A PDU in the wrong place, as a fault. */
export function unexpected(type: number): DimseError {
  if (type === PduType.abort) return new DimseError("aborted", "The archive aborted the association.");
  if (type === PduType.releaseRQ) return new DimseError("closed", "The archive released the association early.");
  return protocolError(`PDU of type ${type} is out of place`);
}
