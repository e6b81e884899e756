import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { DimseError, protocolError } from "./errors.ts";
import { abortRQ, PDU_HEADER_BYTES, PDU_LIMIT, type Pdu, PduType } from "./pdu.ts";

/** Where a peer listens. */
export interface PeerAddress {
  /** Name or address; what the certificate has to name. */
  readonly host: string;
  /** Where to connect to; `host` is resolved where absent. */
  readonly addresses?: readonly string[];
  readonly port: number;
  /** DICOM TLS (PS3.15 B): PEM texts; an empty object trusts the system's authorities. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** The longest time without a byte in either direction, seconds; plays the part of ARTIM (PS3.8 9.1.4) and more. */
  readonly timeoutSeconds: number;
}

/** Answers a socket's question for the host with what is known already. */
const fixed =
  (addresses: readonly string[]): LookupFunction =>
  (_host, { all }, tell) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = found;
    if (all) tell(null, found);
    else tell(first === undefined ? new Error("no address") : null, first?.address ?? "", first?.family);
  };

/** Unread bytes past which the peer has to wait. */
const HIGH_WATER = 4 * PDU_LIMIT;

/** A connection that reads whole PDUs and writes with back-pressure; a time-out or an abort ends both at once. */
export class PduSocket {
  readonly #socket: Socket;
  readonly #timeoutSeconds: number;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #ended: Error | null = null;
  /** Connected, the TLS handshake included. */
  #open = false;
  #wake = new Set<() => void>();
  #letGo: () => void = () => undefined;

  private constructor(socket: Socket, timeoutSeconds: number) {
    this.#socket = socket;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /** @throws the socket's own error, DimseError timeout, or the signal's reason. */
  static async open(address: PeerAddress, signal: AbortSignal): Promise<PduSocket> {
    signal.throwIfAborted();
    const { host, addresses, port, tls, timeoutSeconds } = address;
    const to = { host, port, ...(addresses === undefined ? {} : { lookup: fixed(addresses) }) };
    // SNI takes no addresses (RFC 6066 3); the certificate is held against host all the same.
    const socket =
      tls === undefined
        ? connectTcp(to)
        : connectTls({ ...to, ...tls, ...(isIP(host) === 0 ? { servername: host } : {}) });
    const opened = new PduSocket(socket, timeoutSeconds);
    opened.#listen(signal);
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      opened.#open = true;
      opened.#wakeAll();
    });
    while (!opened.#open) await opened.#change();
    // Small PDUs wait for each other otherwise: some 40 ms an instance.
    socket.setNoDelay(true);
    return opened;
  }

  /** A connection that the peer opened. */
  static adopt(socket: Socket, timeoutSeconds: number, signal: AbortSignal): PduSocket {
    const opened = new PduSocket(socket, timeoutSeconds);
    opened.#listen(signal);
    opened.#open = true;
    socket.setNoDelay(true);
    return opened;
  }

  #listen(signal: AbortSignal): void {
    const end = (error: Error) => {
      this.#ended ??= error;
      this.#letGo();
      this.#socket.destroy();
      this.#wakeAll();
    };
    const idle = () => end(new DimseError("timeout", `The archive was silent for ${this.#timeoutSeconds} s.`));
    const timer = setTimeout(idle, this.#timeoutSeconds * 1000);
    const stop = () => {
      this.#ended ??= signal.reason instanceof Error ? signal.reason : new Error("aborted");
      this.abort();
      this.#wakeAll();
    };
    signal.addEventListener("abort", stop, { once: true });
    this.#letGo = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    this.#socket.on("data", (bytes: Buffer) => {
      timer.refresh();
      this.#unread.push(bytes);
      this.#unreadBytes += bytes.length;
      if (this.#unreadBytes > HIGH_WATER) this.#socket.pause();
      this.#wakeAll();
    });
    this.#socket.on("drain", () => {
      timer.refresh();
      this.#wakeAll();
    });
    this.#socket.on("error", end);
    this.#socket.on("close", () => end(new DimseError("closed", "The archive closed the connection.")));
  }

  /** Hands bytes to the connection and waits until it takes more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#throwIfEnded();
    // A peer that aborts in the middle of a message will not read the rest of it (PS3.8 9.3.8).
    if (this.#unread[0]?.[0] === PduType.abort) throw new DimseError("aborted", "The archive aborted the association.");
    if (this.#socket.write(bytes)) return;
    while (this.#socket.writableNeedDrain) await this.#change();
  }

  /** The next PDU. @throws DimseError where its length is beyond all reason. */
  async read(): Promise<Pdu> {
    const head = await this.#take(PDU_HEADER_BYTES);
    const length = head.readUInt32BE(2);
    if (length > PDU_LIMIT) throw protocolError("PDU is longer than was agreed");
    return { type: head.readUInt8(0), body: await this.#take(length) };
  }

  /** Ends the connection in good order. */
  close(): void {
    this.#letGo();
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Tells the peer and drops the connection. */
  abort(): void {
    this.#letGo();
    // What is stuck already, or waits for a handshake, would keep the abort, and the socket, waiting for ever.
    if (!this.#open || !this.#socket.writable || this.#socket.writableNeedDrain) this.#socket.destroy();
    else this.#socket.end(abortRQ(), () => this.#socket.destroy());
  }

  async #take(count: number): Promise<Buffer> {
    while (this.#unreadBytes < count) await this.#change();
    const all = this.#unread.length === 1 ? (this.#unread[0] as Buffer) : Buffer.concat(this.#unread);
    const rest = all.subarray(count);
    this.#unread = rest.length > 0 ? [rest] : [];
    this.#unreadBytes = rest.length;
    if (this.#unreadBytes <= HIGH_WATER) this.#socket.resume();
    return all.subarray(0, count);
  }

  /** Waits until something happened on the connection. */
  async #change(): Promise<void> {
    this.#throwIfEnded();
    await new Promise<void>((resolve) => this.#wake.add(resolve));
    this.#throwIfEnded();
  }

  #wakeAll(): void {
    const waiting = [...this.#wake];
    this.#wake.clear();
    for (const wake of waiting) wake();
  }

  #throwIfEnded(): void {
    if (this.#ended !== null) throw this.#ended;
  }
}
