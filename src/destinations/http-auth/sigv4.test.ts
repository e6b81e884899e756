import { describe, expect, test } from "bun:test";
import { EMPTY_HASH, type SigningKeys, sha256Hex, sign } from "./sigv4.ts";
import { chunkedLength, signedChunks } from "./sigv4-chunks.ts";

const signatureIn = (authorization: string) => authorization.split("Signature=")[1];

/** The published "AWS Signature Version 4 test suite" (aws-sig-v4-test-suite): its keys, its moment, its expected signatures. */
describe("AWS Signature Version 4 test suite", () => {
  const keys: SigningKeys = {
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    region: "us-east-1",
    service: "service",
  };
  const at = Date.UTC(2015, 7, 30, 12, 36, 0);
  const date = ["x-amz-date", "20150830T123600Z"] as const;
  const form = ["content-type", "application/x-www-form-urlencoded"] as const;
  const host = "https://example.amazonaws.com";
  test.each([
    ["get-vanilla", "GET", "/", [], "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    [
      "get-vanilla-query-order-key-case",
      "GET",
      "/?Param2=value2&Param1=value1",
      [],
      "",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    ["post-vanilla", "POST", "/", [], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "post-x-www-form-urlencoded",
      "POST",
      "/",
      [form],
      "Param1=value1",
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ],
  ] as const)("%s", (_name, method, path, headers, body, expected) => {
    const request = {
      method,
      url: host + path,
      headers: new Map([date, ...headers]),
      payloadHash: sha256Hex(body),
      at,
    };
    expect(signatureIn(sign(request, keys).authorization)).toBe(expected);
  });
});

/**
 * Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks
 * (Chunked Upload)", Example: PUT Object. AWS publishes it as a test suite for the streaming signature.
 */
describe("the published example of a chunked upload", () => {
  const keys: SigningKeys = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    region: "us-east-1",
    service: "s3",
  };
  const content = Buffer.alloc(66_560, "a");
  const seed = () =>
    sign(
      {
        method: "PUT",
        url: "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
        headers: new Map([
          ["x-amz-date", "20130524T000000Z"],
          ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
          ["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"],
          ["content-encoding", "aws-chunked"],
          ["x-amz-decoded-content-length", "66560"],
          ["content-length", "66824"],
        ]),
        payloadHash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        at: Date.UTC(2013, 4, 24),
      },
      keys,
    );

  test("the seed signature and its Authorization header", () => {
    expect(seed().authorization).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;" +
        "x-amz-storage-class, Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
  });

  for (const pieceBytes of [66_560, 65_536, 1000, 1]) {
    test(`its chunks, from a body in pieces of ${pieceBytes} bytes`, async () => {
      async function* pieces() {
        for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes);
      }
      const body = signedChunks({ length: content.length, pieces }, seed());
      const sent: Uint8Array[] = [];
      for await (const piece of body.pieces()) sent.push(piece);
      const bytes = Buffer.concat(sent).toString("latin1");
      expect(
        [...bytes.matchAll(/(?<=^|\r\n)([0-9a-f]{1,6});chunk-signature=([0-9a-f]{64})\r\n/g)].map((m) => m.slice(1)),
      ).toEqual([
        ["10000", "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
        ["400", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
        ["0", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
      ]);
      expect(bytes.endsWith("\r\n\r\n")).toBe(true);
      expect([body.length, bytes.length]).toEqual([66_824, 66_824]);
    });
  }

  test("the length is known beforehand, whatever the size", async () => {
    for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      async function* pieces() {
        yield Buffer.alloc(size);
      }
      let sent = 0;
      for await (const piece of signedChunks({ length: size, pieces }, seed()).pieces()) sent += piece.length;
      expect(sent).toBe(chunkedLength(size));
    }
  });
});

test("a path is encoded twice but for S3; an empty body has its known hash", () => {
  const of = (service: string) =>
    sign(
      { method: "GET", url: "https://h/a%20b", headers: new Map(), payloadHash: EMPTY_HASH, at: 0 },
      { accessKeyId: "k", secretAccessKey: "s", region: "r", service },
    ).signature;
  expect(of("s3")).not.toBe(of("medical-imaging"));
  expect(sha256Hex("")).toBe(EMPTY_HASH);
});
