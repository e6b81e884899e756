import { type Accepted, associateAC, associateRQ, contextIdAt, type ProposedContext } from "./associate.ts";
import { CommandField, CommandTag, requestCommand } from "./command-set.ts";
import { protocolError } from "./errors.ts";
import { decodeImplicit, type ImplicitSet, shortIn } from "./implicit-set.ts";
import { MessageStream, unexpected } from "./message-stream.ts";
import { dataTF, fragmentLength, PduType, rejection, releaseRP, releaseRQ } from "./pdu.ts";
import { PduSocket, type PeerAddress } from "./pdu-socket.ts";

export interface PeerEntity extends PeerAddress {
  readonly calledAETitle: string;
  readonly callingAETitle: string;
}

/** A response: its status, and its data set where it has one. */
export interface Response {
  readonly status: number;
  readonly dataSet: ImplicitSet | null;
}

/** A data set to be sent, its length known beforehand. */
export interface OutgoingDataSet {
  readonly length: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

interface Operation {
  readonly context: ProposedContext;
  readonly field: number;
  readonly sopClassUID: string;
  readonly sopInstanceUID?: string;
  /** Of an N-ACTION (PS3.7 10.1.4). */
  readonly actionType?: number;
  readonly dataSet?: OutgoingDataSet;
}

/** An association as requestor, one operation at a time (PS3.7, PS3.8). */
export class Association {
  #messageID = 0;
  #between = true;
  readonly #fragment: number;
  /** What arrives. */
  readonly messages: MessageStream;

  private constructor(
    readonly socket: PduSocket,
    readonly proposed: readonly ProposedContext[],
    readonly accepted: Accepted,
  ) {
    this.#fragment = fragmentLength(accepted.maxLength);
    this.messages = new MessageStream(socket);
  }

  /**
   * Negotiates an association for at most 128 contexts.
   * @throws DimseError rejected-transient or rejected-permanent; socket errors; the signal's reason.
   */
  static async open(peer: PeerEntity, contexts: readonly ProposedContext[], signal: AbortSignal): Promise<Association> {
    const request = associateRQ(peer.calledAETitle, peer.callingAETitle, contexts);
    const socket = await PduSocket.open(peer, signal);
    try {
      await socket.write(request);
      const { type, body } = await socket.read();
      if (type === PduType.associateRJ) throw rejection(body);
      if (type !== PduType.associateAC) throw unexpected(type);
      return new Association(socket, contexts, associateAC(body));
    } catch (error) {
      socket.abort();
      throw error;
    }
  }

  /** The id under which this pair was accepted, else the peer's result (PS3.8 table 9-18), null where it said nothing. */
  contextOf({ abstractSyntax, transferSyntax }: ProposedContext): { id: number } | { refusal: number | null } {
    const index = this.proposed.findIndex(
      (one) => one.abstractSyntax === abstractSyntax && one.transferSyntax === transferSyntax,
    );
    const answer = index < 0 ? undefined : this.accepted.results.get(contextIdAt(index));
    if (answer?.result === 0 && answer.transferSyntax === transferSyntax) return { id: contextIdAt(index) };
    return { refusal: answer === undefined || answer.result === 0 ? null : answer.result };
  }

  /** No message is half sent, no response is awaited. */
  get between(): boolean {
    return this.#between;
  }

  /** Sends a request and reads its responses: pending ones first, the last is the final one. */
  async *perform(operation: Operation): AsyncGenerator<Response> {
    const context = this.contextOf(operation.context);
    if (!("id" in context)) throw new RangeError("This presentation context was not accepted.");
    const { field, sopClassUID, sopInstanceUID, actionType, dataSet } = operation;
    this.#messageID = (this.#messageID % 0xffff) + 1;
    const command = requestCommand({
      field,
      sopClassUID,
      messageID: this.#messageID,
      hasDataSet: dataSet !== undefined,
      ...(sopInstanceUID === undefined ? {} : { sopInstanceUID }),
      ...(actionType === undefined ? {} : { actionType }),
    });
    this.#between = false;
    await this.socket.write(dataTF(context.id, "command", true, command));
    if (dataSet !== undefined) await this.#sendDataSet(context.id, dataSet);
    for (let pending = true; pending; ) {
      const response = await this.#response(field, context.id);
      pending = isPending(response.status);
      this.#between = !pending;
      yield response;
    }
  }

  /** Releases in good order; whatever the peer makes of it, the connection is closed afterwards. */
  async release(): Promise<void> {
    try {
      await this.socket.write(releaseRQ());
      for (let type = 0; type !== PduType.releaseRP; ) {
        ({ type } = await this.socket.read());
        // Both may ask at once (PS3.8 7.2.2.6).
        if (type === PduType.releaseRQ) await this.socket.write(releaseRP());
        else if (type !== PduType.releaseRP) break;
      }
      this.socket.close();
    } catch {
      this.socket.abort();
    }
  }

  async #sendDataSet(id: number, { length, pieces }: OutgoingDataSet): Promise<void> {
    let sent = 0;
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += this.#fragment) {
        const fragment = piece.subarray(at, at + this.#fragment);
        sent += fragment.length;
        await this.socket.write(dataTF(id, "data", sent === length, fragment));
      }
    }
    if (length === 0) await this.socket.write(dataTF(id, "data", true, new Uint8Array(0)));
  }

  async #response(field: number, contextId: number): Promise<Response> {
    const { contextId: from, command, data } = await this.messages.next();
    if (from !== contextId) throw protocolError("fragments are out of order");
    if (shortIn(command, CommandTag.commandField) !== (field | CommandField.response)) {
      throw protocolError("response belongs to another service");
    }
    if (shortIn(command, CommandTag.messageIDBeingRespondedTo) !== this.#messageID) {
      throw protocolError("response belongs to another request");
    }
    const status = shortIn(command, CommandTag.status);
    if (status === null) throw protocolError("response has no status");
    return { status, dataSet: data === null ? null : decodeImplicit(data) };
  }
}

/** FF00 and FF01: more is to come (PS3.4 C.4.1.1.4). */
export const isPending = (status: number): boolean => status === 0xff00 || status === 0xff01;
