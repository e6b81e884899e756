import { expect, test } from "bun:test";
import { inRange, ipBytes, ipRange } from "./ip.ts";

const hex = (text: string) => Buffer.from(ipBytes(text) ?? []).toString("hex");

test("addresses as bytes", () => {
  expect(hex("169.254.169.254")).toBe("a9fea9fe");
  expect(hex("::1")).toBe(`${"0".repeat(31)}1`);
  expect(hex("[fe80::1%eth0]")).toBe("fe800000000000000000000000000001");
  expect(hex("::ffff:169.254.1.2")).toBe("00000000000000000000ffffa9fe0102");
  expect(hex("1:2:3:4:5:6:7:8")).toBe("00010002000300040005000600070008");
  for (const none of ["", "pacs", "1.2.3", "256.1.1.1", ":::"]) expect(ipBytes(none)).toBeNull();
});

test("ranges", () => {
  const within = (address: string, range: string) => {
    const [bytes, parsed] = [ipBytes(address), ipRange(range)];
    return bytes !== null && parsed !== null && inRange(bytes, parsed);
  };
  expect(within("172.31.255.1", "172.16.0.0/12")).toBe(true);
  expect(within("172.32.0.1", "172.16.0.0/12")).toBe(false);
  expect(within("febf::1", "fe80::/10")).toBe(true);
  expect(within("fec0::1", "fe80::/10")).toBe(false);
  expect(within("10.0.0.1", "10.0.0.1")).toBe(true);
  expect(within("10.0.0.2", "10.0.0.1")).toBe(false);
  expect(within("10.0.0.1", "::/0")).toBe(false);
  expect(within("10.0.0.1", "0.0.0.0/0")).toBe(true);
  for (const none of ["10.0.0.0/33", "10.0.0.0/", "x/8", "10.0.0.0/8/8"]) expect(ipRange(none)).toBeNull();
});
