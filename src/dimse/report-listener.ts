import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { associateReply, associateRequest } from "./associate.ts";
import { CommandField, CommandTag, responseCommand } from "./command-set.ts";
import { type CommitmentReport, IMPLICIT_VR_LE, reportIn, STORAGE_COMMITMENT } from "./commitment.ts";
import { protocolError } from "./errors.ts";
import { shortIn } from "./implicit-set.ts";
import { MessageStream } from "./message-stream.ts";
import { dataTF, PduType, releaseRP } from "./pdu.ts";
import { PduSocket, type PeerAddress } from "./pdu-socket.ts";

const VERIFICATION = "1.2.840.10008.1.1";
/** Statuses of PS3.7 C: the operation is not known here; the transaction is not. */
const UNRECOGNIZED_OPERATION = 0x0211;
const NO_SUCH_OBJECT_INSTANCE = 0x0112;
/** An archive that says nothing for so long is let go. */
const IDLE_SECONDS = 30;
const MOST_CONNECTIONS = 16;

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** With a certificate of its own it speaks TLS, and with `ca` it wants one of the archive too (PS3.15 B). */
  readonly tls?: PeerAddress["tls"];
}

/**
 * A small application entity that takes Verification and the reports of Storage Commitment (PS3.4 J.3.3), which most archives
 * send over an association of their own. It listens as long as somebody waits for one.
 */
export class ReportListener {
  readonly #waiting = new Map<string, (report: CommitmentReport) => void>();
  readonly #ending = new AbortController();
  readonly #server: Server;

  private constructor({ tls }: ListenOptions) {
    const take = (socket: Socket) => void this.#serve(socket);
    const { ca, cert, key } = tls ?? {};
    this.#server =
      cert === undefined || key === undefined
        ? createServer(take)
        : createTlsServer(
            { cert, key, ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }) },
            take,
          );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** @throws the system's error where it cannot listen there */
  static async open(options: ListenOptions): Promise<ReportListener> {
    const listener = new ReportListener(options);
    const { host, port } = options;
    await new Promise<void>((resolve, reject) => {
      listener.#server.once("error", reject);
      listener.#server.listen(port, host, () => resolve());
    });
    listener.#server.on("error", () => undefined);
    return listener;
  }

  /** Who waits for the report of this transaction. */
  expect(transactionUID: string, tell: (report: CommitmentReport) => void): void {
    this.#waiting.set(transactionUID, tell);
  }

  forget(transactionUID: string): void {
    this.#waiting.delete(transactionUID);
  }

  /** Hands a report to who waits for it; answers whether somebody does. */
  deliver(report: CommitmentReport): boolean {
    const tell = this.#waiting.get(report.transactionUID);
    this.#waiting.delete(report.transactionUID);
    tell?.(report);
    return tell !== undefined;
  }

  async close(): Promise<void> {
    this.#ending.abort(new Error("nobody waits any more"));
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(connection: Socket): Promise<void> {
    const socket = PduSocket.adopt(connection, IDLE_SECONDS, this.#ending.signal);
    try {
      const { type, body } = await socket.read();
      if (type !== PduType.associateRQ) throw protocolError("first PDU asks for no association");
      await socket.write(associateReply(body, resultsFor(body), IMPLICIT_VR_LE));
      const messages = new MessageStream(socket);
      for (;;) {
        const message = await messages.next();
        const response = responseCommand(message.command, this.#statusOf(message));
        await socket.write(dataTF(message.contextId, "command", true, response));
      }
    } catch {
      // The peer released, or broke a rule: both end it, and what was reported stands.
      await socket.write(releaseRP()).catch(() => undefined);
      socket.close();
    }
  }

  #statusOf(message: Awaited<ReturnType<MessageStream["next"]>>): number {
    if (shortIn(message.command, CommandTag.commandField) === CommandField.echo) return 0;
    const report = reportIn(message);
    if (report === null) return UNRECOGNIZED_OPERATION;
    return this.deliver(report) ? 0 : NO_SUCH_OBJECT_INSTANCE;
  }
}

/** PS3.8 table 9-18: 3 the abstract syntax, 4 the transfer syntaxes are not supported. */
function resultsFor(request: Buffer): Map<number, number> {
  const results = associateRequest(request).contexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
    const known = abstractSyntax === STORAGE_COMMITMENT || abstractSyntax === VERIFICATION;
    return [id, !known ? 3 : transferSyntaxes.includes(IMPLICIT_VR_LE) ? 0 : 4] as const;
  });
  return new Map(results);
}
