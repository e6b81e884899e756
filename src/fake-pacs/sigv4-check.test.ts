import { describe, expect, test } from "bun:test";
import { checkSigV4, type SignedRequest } from "./sigv4-check.ts";

/**
 * Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks
 * (Chunked Upload)", Example: PUT Object; the path has nothing that S3 and other services would encode differently.
 */
const keys = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  service: "s3",
};
const at = Date.UTC(2013, 4, 24);
const framed = (letter = "a") =>
  Buffer.concat([
    Buffer.from("10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"),
    Buffer.alloc(65_536, letter),
    Buffer.from("\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"),
    Buffer.alloc(1024, "a"),
    Buffer.from("\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"),
  ]);
const published: SignedRequest = {
  method: "PUT",
  target: "/examplebucket/chunkObject.txt",
  headers: {
    host: "s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "66560",
    "content-length": "66824",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  },
  body: framed(),
};
const withHeaders = (change: Record<string, string | undefined>): SignedRequest => ({
  ...published,
  headers: { ...published.headers, ...change },
});

test("the published request and its chunks are let in", () => {
  expect(checkSigV4(published, keys, at)).toEqual({ body: Buffer.alloc(66_560, "a") });
});

describe("refused", () => {
  test.each([
    ["without a signature", withHeaders({ authorization: undefined }), "MissingAuthenticationTokenException"],
    ["a byte of a chunk changed", { ...published, body: framed("b") }, "InvalidSignatureException"],
    ["the last chunk left out", { ...published, body: framed().subarray(0, -86) }, "InvalidSignatureException"],
    ["another path", { ...published, target: "/examplebucket/other.txt" }, "InvalidSignatureException"],
    ["a signed header changed", withHeaders({ "x-amz-storage-class": "STANDARD" }), "InvalidSignatureException"],
    ["a header of AWS's that is not signed", withHeaders({ "x-amz-meta": "1" }), "InvalidSignatureException"],
    ["an unsigned payload", withHeaders({ "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }), "InvalidSignatureException"],
    ["a body without frames", { ...published, body: Buffer.alloc(66_560, "a") }, "InvalidSignatureException"],
  ] as const)("%s", (_name, request, name) => {
    expect(checkSigV4(request, keys, at)).toEqual({ refused: name });
  });

  test("a quarter of an hour late, another key, region, service, or no session", () => {
    expect(checkSigV4(published, keys, at + 901_000)).toEqual({ refused: "RequestTimeTooSkewedException" });
    expect(checkSigV4(published, { ...keys, accessKeyId: "B" }, at)).toEqual({
      refused: "UnrecognizedClientException",
    });
    for (const change of [{ region: "r" }, { service: "medical-imaging" }, { secretAccessKey: "s" }])
      expect(checkSigV4(published, { ...keys, ...change }, at)).toEqual({ refused: "InvalidSignatureException" });
    expect(checkSigV4(published, { ...keys, sessionToken: "t" }, at)).toEqual({
      refused: "UnrecognizedClientException",
    });
  });
});
