import { BlockList, isIP } from "node:net";
import type { Config } from "../core/config-schema.ts";

/** The part of a server that knows the other end of a request's socket. */
export interface SocketServer {
  requestIP(request: Request): { address: string } | null;
}

const family = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");
/** An IPv4 address in an IPv6 socket is that IPv4 address (RFC 4291 2.5.5.2). */
const plain = (address: string) => address.trim().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");

/** Addresses and networks (`10.0.0.0/8`) as one list; what is neither trusts nobody. */
function listOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    if (isIP(address) === 0) continue;
    if (bits === undefined) list.addAddress(address, family(address));
    else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 6 ? 128 : 32))
      list.addSubnet(address, Number(bits), family(address));
  }
  return list;
}

const lists = new WeakMap<readonly string[], BlockList>();

const socketAddress = (request: Request, server: SocketServer | null) =>
  plain(server?.requestIP(request)?.address ?? "");

function proxiesOf({ trusted_proxies }: Config["tls"]): (address: string) => boolean {
  const trusted = lists.get(trusted_proxies) ?? listOf(trusted_proxies);
  lists.set(trusted_proxies, trusted);
  return (address) => isIP(address) !== 0 && trusted.check(address, family(address));
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
