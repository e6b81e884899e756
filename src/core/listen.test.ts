import { expect, test } from "bun:test";
import { isLoopback, parseListen } from "./listen.ts";

test.each([
  ["127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }],
  ["[::1]:0", { host: "::1", port: 0 }],
  ["pacs-relay.hospital.lan:443", { host: "pacs-relay.hospital.lan", port: 443 }],
  ["::1:80", null],
  [":80", null],
  ["host", null],
  ["host:65536", null],
  ["host:-1", null],
  ["http://host:1", null],
])("%s", (text, expected) => expect(parseListen(text)).toEqual(expected));

test("loopback is this machine alone", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"]) expect(isLoopback(host)).toBe(true);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example"]) expect(isLoopback(host)).toBe(false);
});
