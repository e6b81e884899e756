import { ApiError } from "../api/problem.ts";
import type { ChunkPlan, Piece } from "./chunk-plan.ts";
import { type Compression, createCompression, gzip } from "./compression.ts";
import type { LineRecord } from "./line-record.ts";
import type { Pace } from "./pace.ts";
import type { RateMeter } from "./rate.ts";

export interface Sending {
  readonly plan: ChunkPlan;
  readonly pace: Pace;
  readonly meter: RateMeter;
  readonly line: LineRecord;
  /** Whether the browser can compress. */
  readonly compress: boolean;
  /** @throws FilesGone */
  read(piece: Piece): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws ApiError */
  put(piece: Piece, body: Uint8Array<ArrayBuffer>, gzipped: boolean, signal: AbortSignal): Promise<void>;
  /** A piece is on stable storage at the box. */
  arrived(): void;
  /** False: what is under way ends, nothing new begins. */
  mayGoOn(): boolean;
  readonly signal: AbortSignal;
}

/** Original bytes read and not yet answered: each lies in the page's memory several times over until the browser clears up. */
const mostInFlight = 8_388_608;
/** Failures in a row, without anything arriving, after which it is better to wait. A stall on a bad link is nothing unusual. */
const patience = { stalled: 24, other: 4 } as const;
/** One request's own trouble: sent again at once. Everything else is the upload's. */
const passing = new Set(["network", "stalled", "digest_mismatch", "encoding_invalid"]);

/**
 * Sends what the plan holds, several requests at once.
 * @returns when all arrived, or `mayGoOn` said no
 * @throws ApiError what the upload as a whole ran into; FilesGone
 */
export async function sendBytes(sending: Sending): Promise<void> {
  const { plan, pace } = sending;
  const compression = createCompression(sending.compress); // what the last study was like says nothing of this one
  const stop = new AbortController();
  const signal = AbortSignal.any([sending.signal, stop.signal]);
  const active = new Set<Promise<void>>();
  let inFlight = 0;
  let trouble = 0;
  let failure: unknown = null;

  const one = async (piece: Piece) => {
    try {
      await sendPiece(sending, compression, piece, signal);
      plan.done(piece);
      trouble = 0;
      sending.arrived();
    } catch (error) {
      plan.giveBack(piece);
      if (failure !== null || signal.aborted) return;
      const code = error instanceof ApiError ? error.code : "";
      trouble += code === "stalled" ? 1 / patience.stalled : 1 / patience.other;
      if (code === "stalled" || code === "network") {
        pace.lost();
        sending.line.lost(code === "stalled");
      }
      if (passing.has(code) && trouble < 1) return;
      failure = error;
      stop.abort(); // the others meet the same
    }
  };

  const started = performance.now();
  sending.meter.start(started);
  for (;;) {
    while (
      failure === null &&
      !signal.aborted &&
      sending.mayGoOn() &&
      active.size < pace.lanes &&
      inFlight < mostInFlight
    ) {
      const piece = plan.take(pace.bytes);
      if (piece === null) break;
      inFlight += piece.bytes;
      const request = one(piece).finally(() => {
        inFlight -= piece.bytes;
        active.delete(request);
      });
      active.add(request);
    }
    if (active.size === 0) break;
    await Promise.race(active);
  }
  const ended = performance.now();
  sending.meter.stop(ended);
  sending.line.during(ended - started);
  if (failure !== null) throw failure;
  sending.signal.throwIfAborted();
}

async function sendPiece(sending: Sending, compression: Compression, piece: Piece, signal: AbortSignal): Promise<void> {
  const { meter, pace } = sending;
  const bytes = await sending.read(piece);
  const line = meter.bitsPerSecond(performance.now());
  let body = bytes;
  if (bytes.length >= 1024 && compression.worthTrying(line === null ? null : line / 8)) {
    const started = performance.now();
    const packed = await gzip(bytes);
    compression.measured(bytes.length, packed.length, performance.now() - started);
    if (packed.length < bytes.length) body = packed;
  }
  const begun = performance.now();
  await sending.put(piece, body, body !== bytes, signal);
  const now = performance.now();
  meter.add(now, piece.bytes, body.length);
  sending.line.arrived(body.length);
  pace.arrived(meter.rate(now), now - begun);
}
