import { describe, expect, test } from "bun:test";
import { ApiError } from "../api/problem.ts";
import { type Piece, planChunks } from "./chunk-plan.ts";
import { createLineRecord } from "./line-record.ts";
import { createPace } from "./pace.ts";
import { createRateMeter } from "./rate.ts";
import { type Sending, sendBytes } from "./send-bytes.ts";

const size = 3_000_000;
/** @param answer throws where the request fails */
function sending(answer: (piece: Piece, call: number) => void, more: Partial<Sending> = {}) {
  const got = new Uint8Array(size / 4096 + 1);
  let [calls, most, now] = [0, 0, 0];
  const run: Sending = {
    plan: planChunks([size], 4096, () => undefined),
    pace: createPace(),
    meter: createRateMeter(),
    line: createLineRecord(),
    compress: false,
    read: async (piece) => new Uint8Array(piece.bytes),
    put: async (piece) => {
      calls += 1;
      const call = calls;
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      answer(piece, call);
      got.fill(1, piece.firstChunk, piece.firstChunk + piece.chunks);
    },
    arrived: () => undefined,
    mayGoOn: () => true,
    signal: new AbortController().signal,
    ...more,
  };
  const missing = () => Math.ceil(size / 4096) - got.reduce((sum, one) => sum + one, 0);
  return { run, missing, calls: () => calls, most: () => most };
}
const fail = (code: string, status: number) => {
  throw new ApiError(code, "", status);
};

describe("sending", () => {
  test("brings everything over, several requests at once, each chunk once", async () => {
    const { run, missing, most } = sending(() => undefined);
    await sendBytes(run);
    expect([missing(), run.plan.missingBytes]).toEqual([0, 0]);
    expect(run.line.told()?.bytes_per_second).toBeGreaterThan(0);
    expect(most()).toBeGreaterThan(1);
    expect(most()).toBeLessThanOrEqual(8);
  });
  test("holds no more than 8 MB and a request in memory, however fast the line", async () => {
    const large = 100_000_000;
    let [inFlight, most] = [0, 0];
    const { run } = sending(() => undefined, {
      plan: planChunks([large], 4096, () => undefined),
      pace: { ...createPace(), bytes: 2_097_152, lanes: 8, stallMs: 8000 },
      put: async (piece) => {
        inFlight += piece.bytes;
        most = Math.max(most, inFlight);
        await Bun.sleep(0);
        inFlight -= piece.bytes;
      },
    });
    await sendBytes(run);
    expect(run.plan.missingBytes).toBe(0);
    expect(most).toBeGreaterThan(2_097_152);
    expect(most).toBeLessThan(8_388_608 + 2_097_152);
  });
  test("tries compression anew with each study, whatever the one before was like", async () => {
    const [pace, meter] = [createPace(), createRateMeter()];
    const packed = async (fill: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) => {
      const all: boolean[] = [];
      const put: Sending["put"] = async (_piece, _body, gzipped) => void all.push(gzipped);
      const read: Sending["read"] = async ({ bytes }) => fill(new Uint8Array(bytes));
      const plan = planChunks([400_000], 4096, () => undefined);
      await sendBytes(sending(() => undefined, { plan, pace, meter, compress: true, read, put }).run);
      return all;
    };
    const noise = (bytes: Uint8Array<ArrayBuffer>) => {
      for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      return bytes;
    };
    expect(await packed(noise)).not.toContain(true);
    expect((await packed((zeros) => zeros))[0]).toBe(true);
  });
  test.each([["stalled"], ["network"], ["digest_mismatch"]])("sends again at once what failed by %s", async (code) => {
    const { run, missing } = sending((_, call) => call % 3 === 2 && fail(code, 0));
    await sendBytes(run);
    expect(missing()).toBe(0);
    const { stalls = 0, breaks = 0 } = run.line.told() ?? {};
    expect([stalls > 0, breaks > 0]).toEqual([code === "stalled", code === "network"]);
  });
  test("gives up for now when nothing arrives", async () => {
    const { run, calls } = sending(() => fail("network", 0));
    await expect(sendBytes(run)).rejects.toMatchObject({ code: "network" });
    expect(calls()).toBeLessThan(12);
    expect(run.plan.missingBytes).toBe(size);
  });
  test("ends at the first answer that is about the whole upload", async () => {
    const { run, calls } = sending((_, call) => call === 1 && fail("upload_expired", 410));
    await expect(sendBytes(run)).rejects.toMatchObject({ code: "upload_expired" });
    expect(calls()).toBe(1);
  });
  test("begins nothing new once it may not go on", async () => {
    let left = 2;
    const { run, missing } = sending(() => undefined, { mayGoOn: () => left-- > 0 });
    await sendBytes(run);
    expect(missing()).toBeGreaterThan(0);
  });
});
