import { describe, expect, test } from "bun:test";
import { Claims } from "./claims.ts";

const nothingReceived = () => false;
/** Milliseconds that no claim here needs. */
const soon = 5000;

describe("claims on chunks", () => {
  test("a chunk on record is compared, never written again", async () => {
    const claim = new Claims().begin((chunk) => chunk === 3);
    expect([2, 3, 4].map((chunk) => claim.mayWrite(chunk))).toEqual([true, false, true]);
    expect(await claim.seal(soon)).toEqual([2, 4]);
    expect(claim.foreignChunks).toEqual([3]);
  });

  test("a newer request takes over what an older one is still writing", async () => {
    const claims = new Claims();
    const stalled = claims.begin(nothingReceived);
    expect(stalled.mayWrite(0)).toBe(true);
    const fresh = claims.begin(nothingReceived);
    expect(fresh.mayWrite(0)).toBe(true);
    expect(stalled.mayWrite(0)).toBe(false);
    expect(await fresh.seal(soon)).toEqual([0]);
    fresh.end(true);
    expect(await stalled.seal(soon)).toEqual([]);
  });

  test("a chunk that is being synced cannot be taken over", async () => {
    const claims = new Claims();
    const first = claims.begin(nothingReceived);
    first.mayWrite(0);
    await first.seal(soon);
    const second = claims.begin(nothingReceived);
    expect(second.mayWrite(0)).toBe(false);
  });

  test("a chunk committed while a request was under way counts as received, though the request did not see it", async () => {
    const claims = new Claims();
    const early = claims.begin(nothingReceived);
    const quick = claims.begin(nothingReceived);
    quick.mayWrite(5);
    await quick.seal(soon);
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
    await writer.seal(soon);
    const repeat = claims.begin(nothingReceived);
    repeat.mayWrite(0);
    let waited = false;
    const waiting = repeat.seal(60_000).then((mine) => {
      waited = true;
      return mine;
    });
    await Promise.resolve();
    expect(waited).toBe(false);
    writer.end(true);
    expect(await waiting).toEqual([]);
  });

  test("waiting gives up in the end", async () => {
    const claims = new Claims();
    const writer = claims.begin(nothingReceived);
    writer.mayWrite(0);
    await writer.seal(soon);
    const repeat = claims.begin(nothingReceived);
    repeat.mayWrite(0);
    expect(await repeat.seal(1)).toBeNull();
  });

  test("two requests that overtake each other over and over do not wait for each other", async () => {
    const claims = new Claims();
    const older = claims.begin(nothingReceived);
    const newer = claims.begin(nothingReceived);
    for (const chunk of [0, 1, 2, 3]) {
      const [first, second] = chunk % 2 === 0 ? [older, newer] : [newer, older];
      first.mayWrite(chunk);
      second.mayWrite(chunk);
    }
    const olderMine = older.seal(60_000);
    expect(await newer.seal(soon)).toEqual([0, 1, 2, 3]);
    newer.end(true);
    expect(await olderMine).toEqual([]);
    expect(older.foreignChunks.sort()).toEqual([0, 1, 2, 3]);
  });

  test("an older request that waits for a newer one still gives its other chunks up to it", async () => {
    const claims = new Claims();
    const older = claims.begin(nothingReceived);
    for (const chunk of [0, 1]) older.mayWrite(chunk);
    const newer = claims.begin(nothingReceived);
    newer.mayWrite(0);
    const olderMine = older.seal(60_000);
    expect(newer.mayWrite(1)).toBe(true);
    expect(await newer.seal(soon)).toEqual([0, 1]);
    newer.end(true);
    expect(await olderMine).toEqual([]);
  });
});
