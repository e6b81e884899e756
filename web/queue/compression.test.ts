import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { createCompression, gzip } from "./compression.ts";

const measured = (ratio: number, bytesPerSecond: number) => {
  const compression = createCompression(true);
  compression.measured(1_000_000, ratio * 1_000_000, 1e9 / bytesPerSecond);
  return compression;
};

describe("gzip", () => {
  test.each([
    ["well compressible on a slow line", 0.5, 40e6, 125e3, true],
    ["incompressible", 1, 40e6, 125e3, false],
    ["well compressible on a line faster than the processor", 0.5, 40e6, 100e6, false],
    ["hardly compressible on a slow line", 0.9, 40e6, 125e3, true],
  ])("%s", (_, ratio, speed, line, worth) => expect(measured(ratio, speed).worthTrying(line)).toBe(worth));

  test("is tried first, and again from time to time", () => {
    expect(createCompression(true).worthTrying(null)).toBe(true);
    const compression = measured(1, 40e6);
    const tries = Array.from({ length: 48 }, () => compression.worthTrying(1e6)).filter(Boolean);
    expect(tries).toHaveLength(2);
  });
  test("is left alone where the browser has none", () =>
    expect(createCompression(false).worthTrying(1000)).toBe(false));
  test("gives the same bytes back", async () => {
    const bytes = new Uint8Array(200_000).map((_, i) => (i * i) % 251);
    expect(new Uint8Array(gunzipSync(await gzip(bytes)))).toEqual(bytes);
  });
});
