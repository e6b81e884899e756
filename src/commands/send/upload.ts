import { Value } from "@sinclair/typebox/value";
import { isTerminal } from "../../contract/states.ts";
import type { ChunkRange, UploadInit } from "../../contract/upload.ts";
import { type Api, ApiError } from "./api.ts";
import { chunkCount, piecesOf, sendPieces } from "./chunks.ts";
import type { PlannedFile } from "./plan.ts";
import type { Progress } from "./progress.ts";
import { createUploadToken, type Session, type UploadToken } from "./session.ts";
import type { SendState } from "./state-file.ts";
import { CompleteAnswer, Incomplete, InitAnswer, type Status, StatusAnswer } from "./wire.ts";

/** Small enough for a bad line, many to a request on a good one. */
const chunkSize = 262_144;
const requestBytes = 4_194_304;

export interface SendJob {
  readonly api: Api;
  readonly session: Session;
  readonly files: readonly PlannedFile[];
  readonly sha256: ReadonlyMap<string, string>;
  readonly metadata: UploadInit["study_metadata"];
  readonly key: string;
  readonly progress: Progress;
  readonly sleep: (ms: number) => Promise<void>;
  readonly load: () => SendState;
  readonly save: (state: SendState) => void;
}

type Opened = NonNullable<SendState["upload"]>;

function initBody({ files, sha256, metadata }: SendJob): UploadInit {
  return {
    ...(metadata === undefined ? {} : { study_metadata: metadata }),
    total_files: files.length,
    total_size_bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    chunk_size: chunkSize,
    files: files.map(({ fileId, name, sizeBytes }) => {
      const hash = sha256.get(fileId);
      return { file_id: fileId, name, size_bytes: sizeBytes, ...(hash === undefined ? {} : { sha256: hash }) };
    }),
  };
}

/** Opens the upload; the same list in the same round is the same upload, also where the answer was lost. */
async function open(job: SendJob, round: number): Promise<{ opened: Opened; expiresIn: number }> {
  const headers = { "idempotency-key": `${job.key.slice(0, 40)}-${round}` };
  const answer = await job.session.withAccessToken((token) =>
    job.api.call({ method: "POST", path: "/upload/init", token, json: initBody(job), headers }, InitAnswer),
  );
  const { upload_id, upload_token, expires_in, chunk_size, max_request_bytes } = answer;
  return { opened: { upload_id, upload_token, chunk_size, max_request_bytes }, expiresIn: expires_in };
}

const gone = (error: unknown) => error instanceof ApiError && [403, 404, 410].includes(error.status);

/** The upload to go on with: what a killed run left, else a new one; a finished one of the same list is left behind. */
async function resume(job: SendJob): Promise<{ opened: Opened; token: UploadToken; status: Status; round: number }> {
  const state = job.load();
  let left = state.upload;
  for (let round = state.round; ; round++, left = undefined) {
    const resumed = left !== undefined;
    const { opened, expiresIn } = left === undefined ? await open(job, round) : { opened: left, expiresIn: null };
    const changed = (upload_token: string) => job.save({ round, upload: { ...opened, upload_token } });
    changed(opened.upload_token);
    const parts = { api: job.api, session: job.session, uploadId: opened.upload_id, changed };
    const token = createUploadToken(parts, opened.upload_token, expiresIn);
    try {
      const status = await readStatus(job, opened, token);
      if (!isTerminal(status.state)) return { opened, token, status, round };
    } catch (error) {
      if (!gone(error) || !(resumed || round < state.round + 3)) throw error;
    }
  }
}

const readStatus = (job: SendJob, { upload_id }: Opened, token: UploadToken): Promise<Status> =>
  token.use((bearer) =>
    job.api.call({ method: "GET", path: `/upload/${upload_id}/status`, token: bearer }, StatusAnswer),
  );

/** Sends what the server says is missing; its list is the truth, not what this side remembers. */
async function sendMissing(
  job: SendJob,
  opened: Opened,
  token: UploadToken,
  missing: Map<string, ChunkRange[]>,
): Promise<void> {
  const perRequest = Math.max(1, Math.floor(Math.min(requestBytes, opened.max_request_bytes) / opened.chunk_size));
  const pieces = job.files.flatMap((file) => piecesOf(file, missing.get(file.fileId) ?? [], perRequest));
  const sender = {
    api: job.api,
    token,
    uploadId: opened.upload_id,
    chunkSize: opened.chunk_size,
    stored: (bytes: number) => job.progress.add(bytes),
    slow: () => job.progress.note("The line is slow: going on with smaller requests, one at a time."),
  };
  await sendPieces(sender, pieces);
}

/** Ends the upload; what is still missing is sent and the end tried again. */
async function complete(job: SendJob, opened: Opened, token: UploadToken): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const path = `/upload/${opened.upload_id}/complete?wait=5`;
      await token.use((bearer) => job.api.call({ method: "POST", path, token: bearer }, CompleteAnswer));
      return;
    } catch (error) {
      const incomplete = error instanceof ApiError && error.code === "upload_incomplete";
      if (!incomplete || attempt > 3 || !Value.Check(Incomplete, error.body)) throw error;
      await sendMissing(job, opened, token, new Map(error.body.missing.map((file) => [file.file_id, file.missing])));
    }
  }
}

const atRest = ({ state }: Status) =>
  isTerminal(state) || state === "needs_attention" || state === "needs_confirmation";

/** Follows the upload until nothing moves by itself any more. */
async function follow(job: SendJob, opened: Opened, token: UploadToken): Promise<Status> {
  let told = "";
  for (let wait = 200; ; wait = Math.min(wait * 1.5, 3000)) {
    const status = await readStatus(job, opened, token);
    if (atRest(status)) return status;
    if (status.state !== told) job.progress.note(status.state === "forwarding" ? "Forwarding" : "Processing");
    told = status.state;
    await job.sleep(wait);
  }
}

/** The bytes of a file that are not among its missing chunks. */
function heldBytes(file: PlannedFile, missing: readonly ChunkRange[], size: number): number {
  const end = chunkCount(file.sizeBytes, size) - 1;
  const lost = missing.reduce((sum, [first, last]) => {
    const behind = last >= end ? file.sizeBytes : (last + 1) * size;
    return sum + behind - first * size;
  }, 0);
  return file.sizeBytes - lost;
}

/** Sends the files from wherever an earlier run stopped, and says how it ended. @throws ApiError | NetworkError | FileChanged */
export async function sendUpload(job: SendJob): Promise<Status> {
  const { opened, token, status, round } = await resume(job);
  if (status.state === "receiving") {
    const missing = new Map(status.files.map((file) => [file.file_id, file.missing]));
    const held = job.files.map((file) => heldBytes(file, missing.get(file.fileId) ?? [], opened.chunk_size));
    job.progress.add(held.reduce((sum, bytes) => sum + bytes, 0));
    await sendMissing(job, opened, token, missing);
    await complete(job, opened, token);
  }
  const final = await follow(job, opened, token);
  if (isTerminal(final.state)) job.save({ round: round + 1 });
  return final;
}
