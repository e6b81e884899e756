import { expect, test } from "bun:test";
import { answerWebFile, takesGzip, type WebFile } from "./web-app.ts";

test.each([
  ["gzip", true],
  ["br, GZIP;q=0.5", true],
  ["*", true],
  ["gzip;q=0", false],
  ["gzip;q=0, *", false],
  ["br", false],
  ["", false],
  [null, false],
] as const)("Accept-Encoding %p takes gzip: %p", (header, expected) => expect(takesGzip(header)).toBe(expected));

const bytes = (text: string) => new TextEncoder().encode(text);
const file: WebFile = {
  type: "text/css",
  cacheControl: "no-cache",
  plain: { bytes: bytes("plain"), etag: '"a"' },
  gzip: { bytes: bytes("packed"), etag: '"b"' },
};
const ask = (headers: Record<string, string>) => answerWebFile(file, new Request("http://box/", { headers }));

test.each([
  [{ "if-none-match": '"a"' }, 304],
  [{ "if-none-match": 'W/"x", W/"a"' }, 304],
  [{ "if-none-match": "*" }, 304],
  [{ "if-none-match": '"b"' }, 200],
  [{ "if-none-match": '"b"', "accept-encoding": "gzip" }, 304],
])("%p answers %p", (headers, status) => {
  const answer = ask(headers as Record<string, string>);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("etag")).toMatch(/^"[ab]"$/);
  expect(answer.headers.get("vary")).toBe("accept-encoding");
});
