import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { type Api, ApiError, type ApiRequest, NetworkError, TimedOut } from "./api.ts";
import { piecesOf, sendPieces } from "./chunks.ts";
import { type PlannedFile, planFiles } from "./plan.ts";

const chunkSize = 4096;
const chunks = 64;
let folder: string;
let file: PlannedFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-chunks-"));
  writeFileSync(join(folder, "a.dcm"), Buffer.alloc(chunks * chunkSize - 1, "a"));
  const [planned] = planFiles([folder]);
  if (planned === undefined) throw new Error("there is no file");
  file = planned;
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Sent {
  readonly first: number;
  readonly count: number;
  /** Requests on the line when this one ended, itself included. */
  readonly abreast: number;
}

/**
 * A line that each request crosses while others may; `fault` tells what becomes of it.
 * @param together none is over before so many have been under way at once
 */
function line(fault: (sent: Sent, nth: number) => Error | null, together = 1) {
  const taken = new Set<number>();
  const sent: Sent[] = [];
  let abreast = 0;
  let most = 0;
  let told = 0;
  const put = async ({ path, bytes }: ApiRequest): Promise<unknown> => {
    const first = Number(new URLSearchParams(path.split("?")[1]).get("chunk_index"));
    const count = Math.ceil((bytes?.length ?? 0) / chunkSize);
    abreast += 1;
    const before = abreast;
    most = Math.max(most, abreast);
    while (most < together) await new Promise<void>((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve)); // others join
    const one = { first, count, abreast: Math.max(before, abreast) };
    sent.push(one);
    const error = fault(one, sent.length);
    abreast -= 1;
    if (error !== null) throw error;
    for (let at = first; at < first + count; at++) taken.add(at);
    return { file_id: file.fileId, received_chunk_index: first + count - 1 };
  };
  const api: Api = {
    async call<T extends TSchema>(request: ApiRequest, schema: T): Promise<Static<T>> {
      return Value.Decode(schema, await put(request));
    },
  };
  let stored = 0;
  const sender = {
    api,
    token: { use: <T>(work: (token: string) => Promise<T>) => work("t") },
    uploadId: "u",
    chunkSize,
    stored: (bytes: number) => {
      stored += bytes;
    },
    slow: () => {
      told += 1;
    },
  };
  const send = () => sendPieces(sender, piecesOf(file, [[0, chunks - 1]], 16));
  return { send, sent, taken, stored: () => stored, told: () => told };
}

const everything = (it: ReturnType<typeof line>) => {
  expect(it.taken.size).toBe(chunks);
  expect(it.stored()).toBe(file.sizeBytes);
};

describe("a line", () => {
  test("that is good carries four full requests at once", async () => {
    const it = line(() => null, 4);
    await it.send();
    everything(it);
    expect(it.sent.map(({ count }) => count)).toEqual([16, 16, 16, 16]);
    expect(Math.max(...it.sent.map(({ abreast }) => abreast))).toBe(4);
    expect(it.told()).toBe(0);
  });

  test("that is slow gets one request at a time, and no more at once than it carried", async () => {
    const it = line(({ count, abreast }) => (abreast > 1 || count > 2 ? new TimedOut("No answer.") : null));
    await it.send();
    everything(it);
    const firstGood = it.sent.findIndex(({ count }) => count <= 2);
    expect(it.sent.slice(4).every(({ abreast }) => abreast <= 3)).toBe(true);
    expect(it.sent.slice(firstGood).every(({ count, abreast }) => count <= 2 && abreast === 1)).toBe(true);
    expect(firstGood).toBeLessThan(8); // what is too much is learnt once, not for each piece
    expect(it.told()).toBe(1);
  });

  test("that carries a single chunk at a time carries them all", async () => {
    const it = line(({ count, abreast }) => (abreast > 1 || count > 1 ? new TimedOut("No answer.") : null));
    await it.send();
    everything(it);
  });

  test("on which the server loses patience is slow too", async () => {
    const late = new ApiError(408, "request_timeout", "Too slow.");
    const it = line(({ abreast }) => (abreast > 1 ? late : null));
    await it.send();
    everything(it);
    expect(it.told()).toBe(1);
  });

  test("that times out in the last piece loses nothing", async () => {
    const it = line((_sent, nth) => (nth === 4 ? new TimedOut("No answer.") : null));
    await it.send();
    everything(it);
  });

  test("that breaks for a moment keeps its lanes", async () => {
    const it = line((_sent, nth) => (nth === 1 ? new NetworkError("Gone.") : null));
    await it.send();
    everything(it);
    expect(it.told()).toBe(0);
  });

  test("whose proxy takes less at once is asked for less from then on, still several at once", async () => {
    const it = line(({ count }) => (count > 4 ? new ApiError(413, "unknown", "Too large.") : null));
    await it.send();
    everything(it);
    expect(it.sent.filter(({ count }) => count > 4).length).toBeLessThan(10);
    expect(it.told()).toBe(0);
  });

  test("that never answers ends the sending", async () => {
    const it = line(() => new TimedOut("No answer."));
    await expect(it.send()).rejects.toThrow("No answer.");
    expect(it.taken.size).toBe(0);
  });

  test("that spoils a body now and then is met by sending it again, not for ever", async () => {
    const spoilt = new ApiError(400, "digest_mismatch", "Spoilt.");
    const sometimes = line((_sent, nth) => (nth % 3 === 0 ? spoilt : null));
    await sometimes.send();
    everything(sometimes);
    const always = line(() => spoilt);
    await expect(always.send()).rejects.toThrow("Spoilt.");
  });
});
