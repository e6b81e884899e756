import { expect, test } from "bun:test";
import { clientAddress, networkOf } from "./client-address.ts";

const seen = (socket: string | null, forwarded: string | undefined, trusted_proxies: string[] = []) =>
  clientAddress(
    new Request("http://box/", forwarded === undefined ? {} : { headers: { "x-forwarded-for": forwarded } }),
    { requestIP: () => (socket === null ? null : { address: socket }) },
    { tls: { trusted_proxies } } as unknown as Parameters<typeof clientAddress>[2],
  );

test.each([
  ["nobody is trusted", "10.0.0.1", "1.2.3.4", [], "10.0.0.1"],
  ["the proxy's word counts", "10.0.0.1", "1.2.3.4", ["10.0.0.1"], "1.2.3.4"],
  ["another's does not", "10.0.0.2", "1.2.3.4", ["10.0.0.1"], "10.0.0.2"],
  ["what the client wrote before it does not", "10.0.0.1", "9.9.9.9, 1.2.3.4", ["10.0.0.1"], "1.2.3.4"],
  ["through two proxies", "10.0.0.1", "9.9.9.9, 1.2.3.4, 10.0.3.3", ["10.0.0.0/8"], "1.2.3.4"],
  ["no header", "10.0.0.1", undefined, ["10.0.0.1"], "10.0.0.1"],
  ["nonsense", "10.0.0.1", "unknown", ["10.0.0.1"], "10.0.0.1"],
  ["IPv4 in an IPv6 socket", "::ffff:10.0.0.1", "1.2.3.4", ["10.0.0.1"], "1.2.3.4"],
  ["IPv6", "fd00::1", "2001:db8::5", ["fd00::/8"], "2001:db8::5"],
  ["an IPv4 proxy written as IPv6", "10.0.0.1", "1.2.3.4", ["::ffff:10.0.0.1"], "1.2.3.4"],
  ["a proxy in brackets", "fd00::1", "1.2.3.4", ["[fd00::1]"], "1.2.3.4"],
  ["entries that are none trust nobody", "10.0.0.1", "1.2.3.4", ["10.0.0.1/99", "*"], "10.0.0.1"],
] as const)("%s", (_, socket, forwarded, trusted, expected) => {
  expect(seen(socket, forwarded, [...trusted])).toBe(expected);
});

test("a socket that is gone has no address", () => expect(seen(null, "1.2.3.4", ["10.0.0.1"])).toBe(""));

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8::9", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["", ""],
])("the network of %s", (address, network) => expect(networkOf(address)).toBe(network));
