import { describe, expect, test } from "bun:test";
import { Claims } from "./claims.ts";

const nothingReceived = () => false;

describe("claims on chunks", () => {
  test("a chunk on record is compared, never written again", () => {
    const claim = new Claims().begin((chunk) => chunk === 3);
    expect([2, 3, 4].map((chunk) => claim.mayWrite(chunk))).toEqual([true, false, true]);
    expect(claim.seal()).toEqual([2, 4]);
    expect(claim.foreignChunks).toEqual([3]);
  });

  test("a newer request takes over what an older one is still writing", () => {
    const claims = new Claims();
    const stalled = claims.begin(nothingReceived);
    expect(stalled.mayWrite(0)).toBe(true);
    const fresh = claims.begin(nothingReceived);
    expect(fresh.mayWrite(0)).toBe(true);
    expect(stalled.mayWrite(0)).toBe(false);
    expect(stalled.seal()).toEqual([]);
    expect(fresh.seal()).toEqual([0]);
  });

  test("a chunk that is being synced cannot be taken over", () => {
    const claims = new Claims();
    const first = claims.begin(nothingReceived);
    first.mayWrite(0);
    first.seal();
    const second = claims.begin(nothingReceived);
    expect(second.mayWrite(0)).toBe(false);
  });

  test("a chunk committed while a request was under way counts as received, though the request did not see it", () => {
    const claims = new Claims();
    const early = claims.begin(nothingReceived);
    const quick = claims.begin(nothingReceived);
    quick.mayWrite(5);
    quick.seal();
    quick.end(true);
    expect(early.mayWrite(5)).toBe(false);
  });

  test("what a failed request held is free again", () => {
    const claims = new Claims();
    const failed = claims.begin(nothingReceived);
    failed.mayWrite(0);
    failed.end(false);
    const next = claims.begin(nothingReceived);
    expect(next.mayWrite(0)).toBe(true);
    next.end(true);
    expect(claims.idle).toBe(true);
  });

  test("waiting for others ends when they end, and not before", async () => {
    const claims = new Claims();
    const writer = claims.begin(nothingReceived);
    writer.mayWrite(0);
    writer.seal();
    const repeat = claims.begin(nothingReceived);
    repeat.mayWrite(0);
    let waited = false;
    const waiting = repeat.othersDone(60_000).then((done) => {
      waited = true;
      return done;
    });
    await Promise.resolve();
    expect(waited).toBe(false);
    writer.end(true);
    expect(await waiting).toBe(true);
  });

  test("waiting gives up in the end", async () => {
    const claims = new Claims();
    claims.begin(nothingReceived).mayWrite(0);
    const repeat = claims.begin(nothingReceived);
    claims.holder(0)?.seal();
    repeat.mayWrite(0);
    expect(await repeat.othersDone(1)).toBe(false);
  });
});
