import { connect } from "node:net";
import { ipBytes } from "../core/ip.ts";
import { type Resolve, requireOutgoing, writtenHost } from "./outgoing-address.ts";

/** Where a request goes: to an address that was looked at, under the name that the configuration gives. */
export interface Target {
  readonly url: string;
  readonly headers: { readonly host?: string };
  /** The name that the certificate has to have, where the address does not say it. */
  readonly tls?: { readonly serverName: string };
}

export interface PinnedTargets {
  /** @throws DestinationError destination_rejected (T13), the system's error where nothing answers; the signal's reason */
  of(url: string, signal: AbortSignal): Promise<Target>;
  /** The connection failed: the next request looks for an address that answers. */
  failed(): void;
}

/**
 * The name of an archive is resolved once for each request, what it leads to is looked at, and the connection goes there: a name
 * that leads elsewhere a moment later (DNS rebinding) leads nowhere.
 * @param base the configured address
 */
export function pinnedTargets(base: string, resolve?: Resolve, fromFile?: boolean): PinnedTargets {
  const host = writtenHost(base);
  let answered: string | null = null;
  return {
    of: async (url, signal) => {
      const addresses = await requireOutgoing(host, resolve, fromFile);
      if (ipBytes(host) !== null) return { url, headers: {} };
      const target = new URL(url);
      const name = target.hostname;
      const { host: hostHeader } = target;
      const port = Number(target.port || (target.protocol === "https:" ? 443 : 80));
      if (answered === null || !addresses.includes(answered)) answered = await firstToAnswer(addresses, port, signal);
      target.hostname = answered.includes(":") ? `[${answered}]` : answered;
      // "2130706433" is an address, too: SNI takes none (RFC 6066 3).
      const tls = ipBytes(name) === null ? { tls: { serverName: name } } : {};
      return { url: target.href, headers: { host: hostHeader }, ...tls };
    },
    failed: () => {
      answered = null;
    },
  };
}

/** Of several addresses (two families, a cluster) the first that takes a connection; an only one is not asked. */
async function firstToAnswer(addresses: readonly string[], port: number, signal: AbortSignal): Promise<string> {
  const [only] = addresses;
  if (only !== undefined && addresses.length === 1) return only;
  const sockets = addresses.map((host) => ({ host, socket: connect({ host, port }) }));
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const opened = sockets.map(
    ({ host, socket }) =>
      new Promise<string>((resolve, reject) => {
        socket.once("connect", () => resolve(host));
        socket.on("error", reject);
      }),
  );
  try {
    return await Promise.race([Promise.any(opened), aborted.promise]);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    signal.removeEventListener("abort", abort);
    for (const { socket } of sockets) socket.destroy();
  }
}
