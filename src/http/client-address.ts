import { isIP } from "node:net";
import type { Config } from "../core/config-schema.ts";
import { type IpRange, inRange, ipBytes, ipRange } from "../core/ip.ts";

/** The part of a server that knows the other end of a request's socket. */
export interface SocketServer {
  requestIP(request: Request): { address: string } | null;
}

/** An IPv4 address in an IPv6 socket is that IPv4 address (RFC 4291 2.5.5.2). */
const plain = (address: string) => address.trim().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");

/** As the configuration's check reads them (core/config-rules.ts): what it lets through is trusted, and nothing else. */
const rangesOf = (entries: readonly string[]): IpRange[] => entries.flatMap((entry) => ipRange(plain(entry)) ?? []);

const lists = new WeakMap<readonly string[], IpRange[]>();

const socketAddress = (request: Request, server: SocketServer | null) =>
  plain(server?.requestIP(request)?.address ?? "");

function proxiesOf({ trusted_proxies }: Config["tls"]): (address: string) => boolean {
  const trusted = lists.get(trusted_proxies) ?? rangesOf(trusted_proxies);
  lists.set(trusted_proxies, trusted);
  return (address) => {
    const bytes = trusted.length === 0 ? null : ipBytes(address);
    return bytes !== null && trusted.some((range) => inRange(bytes, range));
  };
}

/** Whether what a request says of its way here comes from one of `tls.trusted_proxies`; from anyone else it is the client's word. */
export const isFromProxy = (request: Request, server: SocketServer | null, { tls }: Pick<Config, "tls">): boolean =>
  proxiesOf(tls)(socketAddress(request, server));

/**
 * The address a request comes from: the socket's; where that is one of `tls.trusted_proxies`, the last address in
 * X-Forwarded-For that is none of them. What stands before that one is only the client's word.
 * @returns "" where the socket is gone already
 */
export function clientAddress(request: Request, server: SocketServer | null, { tls }: Pick<Config, "tls">): string {
  const isProxy = proxiesOf(tls);
  let address = socketAddress(request, server);
  const hops = (request.headers.get("x-forwarded-for") ?? "").split(",").map(plain);
  while (isProxy(address)) {
    const before = hops.pop();
    if (before === undefined || isIP(before) === 0) break;
    address = before;
  }
  return address;
}

/** What limits count by: an IPv4 address, or the /64 of an IPv6 one, of which every device has as many as it likes. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const bare = address.split("%")[0] ?? "";
  const [head = "", tail] = bare.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const all = tail === undefined ? groups(head) : [...groups(head), ...Array<string>(8).fill("0")];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
