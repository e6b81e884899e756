import { expect, test } from "bun:test";
import { DestinationError } from "./destination.ts";
import { requireOutgoing, writtenHost } from "./outgoing-address.ts";

const told = (host: string, ...addresses: string[]) =>
  requireOutgoing(host, async () => addresses).then(
    () => "allowed",
    (error: unknown) => (error instanceof DestinationError ? error.code : "another error"),
  );

test.each([
  ["a name that leads to the metadata service", "pacs.lan", ["10.0.0.5", "169.254.169.254"], "destination_rejected"],
  ["a name that leads to a link-local IPv6 address", "pacs.lan", ["fe80::1%eth0"], "destination_rejected"],
  ["a name that leads there mapped", "pacs.lan", ["::ffff:169.254.169.254"], "destination_rejected"],
  ["a metadata name, without being asked for", "metadata.google.internal", [], "destination_rejected"],
  ["decimal", "2852039166", [], "destination_rejected"],
  ["hexadecimal", "0xa9fea9fe", [], "destination_rejected"],
  ["octal", "0251.0376.0251.0376", [], "destination_rejected"],
  ["mapped", "[::ffff:169.254.169.254]", [], "destination_rejected"],
  ["AWS by IPv6", "pacs.lan", ["fd00:ec2::254"], "destination_rejected"],
  ["an address that the file names as such", "169.254.10.1", [], "allowed"],
  ["an archive on the network", "pacs.lan", ["10.0.0.5", "fd00::5"], "allowed"],
  ["this machine", "localhost", ["::1", "127.0.0.1"], "allowed"],
])("T13: %s", async (_name, host, addresses, expected) => expect(await told(host, ...addresses)).toBe(expected));

test("T13: an address that was added on the screens is nobody's, however it is written", async () => {
  const asked = (host: string) => requireOutgoing(host, async () => [], false);
  for (const host of ["169.254.169.254", "[fe80::1]", "100.100.100.200"])
    await expect(asked(host)).rejects.toMatchObject({ code: "destination_rejected" });
  expect(await asked("10.0.0.5")).toEqual(["10.0.0.5"]);
});

test("the host as written", () => {
  expect(writtenHost("https://pacs.lan:8443/x")).toBe("pacs.lan");
  expect(writtenHost("http://2852039166/x")).toBe("2852039166");
  expect(writtenHost("http://user:word@[::ffff:a9fe:a9fe]:80")).toBe("[::ffff:a9fe:a9fe]");
});
