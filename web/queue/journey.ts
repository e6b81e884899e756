import { isTerminal } from "../../src/contract/states.ts";
import type { UploadStatus } from "../../src/contract/status.ts";
import { putChunks } from "../api/chunks.ts";
import type { Api } from "../api/http.ts";
import { ApiError } from "../api/problem.ts";
import { completeUpload, freshToken, openUpload, uploadStatus } from "../api/uploads.ts";
import { type Piece, planChunks } from "./chunk-plan.ts";
import type { Entry } from "./entry.ts";
import { fileId, initBody } from "./init-body.ts";
import type { Pace } from "./pace.ts";
import { type RateMeter, secondsLeft } from "./rate.ts";
import type { Progress } from "./record.ts";
import { sendBytes } from "./send-bytes.ts";
import { FilesGone } from "./verdict.ts";

/** What one study needs on its way to the box. */
export interface Way {
  readonly api: Api;
  readonly entry: Entry;
  readonly pace: Pace;
  readonly meter: RateMeter;
  /** Bytes out of the device's store. */
  read(id: string, file: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Writes down where the study stands. */
  save(entry: Entry, change: Partial<Progress>): Promise<void>;
  changed(): void;
  /** False when an urgent study wants the line. */
  mayGoOn(): boolean;
}

/**
 * Opens the upload or takes it up where the box says it stands, sends what is missing, completes it.
 * @returns false where it made way for an urgent study
 * @throws ApiError, FilesGone
 */
export async function bringToBox(way: Way): Promise<boolean> {
  const { entry, meter, pace } = way;
  if (entry.progress.uploadId === null) await open(way);
  const status = await askStatus(way.api, entry, way.save);
  if (status.state === "cancelled") throw new ApiError("upload_cancelled", "The upload was stopped.", 410);
  if (status.state === "expired") throw new ApiError("upload_expired", "The upload has ended.", 410);
  if (status.state !== "receiving") return true;

  const { manifest, progress } = entry;
  const missing = new Map(status.files.map((file) => [file.file_id, file.missing]));
  const sizes = manifest.files.map(({ size }) => size);
  const plan = planChunks(sizes, progress.chunkSize, (file) => missing.get(fileId(file)));
  const tell = () => {
    entry.sentBytes = manifest.totalBytes - plan.missingBytes;
    entry.rate = meter.rate(performance.now());
    entry.eta = secondsLeft(plan.missingBytes, entry.rate);
    way.changed();
  };
  tell();
  await sendBytes({
    plan,
    pace,
    meter,
    line: entry.line,
    compress: "CompressionStream" in globalThis,
    signal: entry.stop.signal,
    mayGoOn: way.mayGoOn,
    read: (piece) => readPiece(way, piece),
    put: (piece, body, gzip, signal) =>
      withToken(way.api, entry, way.save, (token) =>
        putChunks({
          uploadId: entry.progress.uploadId ?? "",
          fileId: fileId(piece.file),
          firstChunk: piece.firstChunk,
          token,
          body,
          gzip,
          stallMs: pace.stallMs,
          signal,
        }),
      ),
    arrived: () => {
      entry.failures = 0;
      if (entry.progress.error !== null) entry.progress = { ...entry.progress, error: null };
      tell();
    },
  });
  if (plan.missingBytes > 0) return false;
  await withToken(way.api, entry, way.save, (token) =>
    completeUpload(way.api, entry.progress.uploadId ?? "", token, entry.line.told()),
  );
  return true;
}

/** Opens the upload; an upload that is open goes on with a token of its own. @throws ApiError */
export async function open({ api, entry, save }: Pick<Way, "api" | "entry" | "save">): Promise<void> {
  const { manifest, progress } = entry;
  if (api.user === null || api.user.id !== manifest.userId) throw signedOut();
  const key = progress.generation === 0 ? manifest.id : `${manifest.id}-${progress.generation}`;
  const opened = await openUpload(api, initBody(manifest), key);
  await save(entry, {
    uploadId: opened.upload_id,
    token: opened.upload_token,
    tokenExpiresAt: Date.now() + opened.expires_in * 1000,
    chunkSize: opened.chunk_size,
    maxRequestBytes: opened.max_request_bytes,
    alreadyThere: opened.files.filter(({ state }) => state === "already_delivered").length,
  });
}

/** Files that were not stored are read where they lie; a card that was pulled out is told apart from a fault of ours. */
async function readPiece({ entry, read }: Way, piece: Piece): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const file = entry.files?.[piece.file] ?? null;
    if (file === null) return await read(entry.id, piece.file, piece.offset, piece.bytes);
    const bytes = await file.slice(piece.offset, piece.offset + piece.bytes).arrayBuffer();
    if (bytes.byteLength !== piece.bytes) throw new FilesGone();
    return new Uint8Array(bytes);
  } catch {
    throw new FilesGone();
  }
}

type Save = Way["save"];
const signedOut = () => new ApiError("unauthorized", "Sign in again to continue. Nothing is lost.", 401);

/** How the upload stands at the box. @throws ApiError */
export const askStatus = (api: Api, entry: Entry, save: Save): Promise<UploadStatus> =>
  withToken(api, entry, save, (token) => uploadStatus(api, entry.progress.uploadId ?? "", token));

/**
 * Runs a step with the upload's own token, renewed before its end and once more where the box does not take it:
 * an upload goes on when its person has signed out, as long as its token lives.
 */
export async function withToken<T>(
  api: Api,
  entry: Entry,
  save: Save,
  step: (token: string) => Promise<T>,
): Promise<T> {
  const { token, tokenExpiresAt } = entry.progress;
  const used = token !== null && tokenExpiresAt - Date.now() > 60_000 ? token : await renewed(api, entry, save);
  try {
    return await step(used);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    const fresh = entry.progress.token !== used ? entry.progress.token : null; // another request renewed it meanwhile
    return step(fresh ?? (await renewed(api, entry, save)));
  }
}

const renewing = new WeakMap<Entry, Promise<string>>();
/** A fresh token for an open upload, one request at a time. @throws ApiError */
export function renewed(api: Api, entry: Entry, save: Save): Promise<string> {
  const running = renewing.get(entry);
  if (running) return running;
  const started = renew(api, entry, save).finally(() => renewing.delete(entry));
  renewing.set(entry, started);
  return started;
}

async function renew(api: Api, entry: Entry, save: Save): Promise<string> {
  const { uploadId, token, tokenExpiresAt } = entry.progress;
  const own = token !== null && tokenExpiresAt > Date.now() ? token : undefined;
  const bySession = () => {
    if (api.user?.id !== entry.manifest.userId) throw signedOut();
    return freshToken(api, uploadId ?? "");
  };
  const fresh =
    own === undefined
      ? await bySession()
      : await freshToken(api, uploadId ?? "", own).catch((error: unknown) => {
          if (error instanceof ApiError && error.status === 401) return bySession();
          throw error;
        });
  await save(entry, { token: fresh.upload_token, tokenExpiresAt: Date.now() + fresh.expires_in * 1000 });
  return fresh.upload_token;
}

/** The local state that follows from the box's word. */
export function stateOf(status: UploadStatus | NonNullable<Progress["status"]>): Pick<Progress, "state" | "cause"> {
  if (status.state === "failed") return { state: "failed", cause: null };
  if (isTerminal(status.state)) return { state: "done", cause: null };
  if (status.state === "needs_confirmation") return { state: "needs_you", cause: "confirmation" };
  if (status.state === "needs_attention") return { state: "needs_you", cause: "refused" };
  return { state: "at_box", cause: null };
}
