import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { until } from "./child.ts";

/** A study as the status route shows it; only what tests look at. */
export interface StudyStatus {
  study_instance_uid: string;
  instance_count: number;
  state: string;
  patient_name: string | null;
  patient_id: string | null;
  modalities: string[];
  deliveries: {
    delivery_id: string;
    destination_id: string;
    via: string | null;
    state: string;
    delivered_instances: number;
    total_instances: number;
    attempts: number;
    next_attempt_at: string | null;
    receipt_id: string | null;
    error: { code: string; message: string } | null;
  }[];
}
export interface Status {
  upload_id: string;
  state: string;
  progress_percent: number;
  uploaded_bytes: number;
  files: { file_id: string; name: string | null; received_bytes: number; missing: [number, number][] }[];
  studies: StudyStatus[];
  warnings: { code: string; message: string; file_name?: string }[];
  error: { code: string; message: string } | null;
  pacs_receipt_id: string | null;
  files_removed_at: string | null;
}

export interface Opened {
  upload_id: string;
  upload_token: string;
  chunk_size: number;
  max_request_bytes: number;
  files: { file_id: string; state: string }[];
}

export interface SendFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}
export const fileOf = (path: string, name = basename(path)): SendFile => ({ name, bytes: readFileSync(path) });

export const terminal = new Set(["delivered", "partial", "failed", "cancelled", "expired"]);
export const atRest = new Set([...terminal, "needs_attention", "needs_confirmation"]);

/** A plain client of the HTTP interface. */
export interface Client {
  readonly token: string;
  /** A request with the access token, or another one. */
  request(
    method: string,
    path: string,
    options?: { body?: unknown; token?: string | null; headers?: Record<string, string> },
  ): Promise<Response>;
  init(body: Record<string, unknown>, headers?: Record<string, string>): Promise<Opened>;
  /** One chunk request. */
  chunk(
    opened: Opened,
    fileId: string,
    index: number,
    bytes: Uint8Array,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** Declares and sends all files, without completing. */
  upload(files: readonly SendFile[], init?: Record<string, unknown>): Promise<Opened>;
  complete(opened: Opened): Promise<Response>;
  status(uploadId: string): Promise<Status>;
  /** Waits until the upload is in one of the states. */
  reach(uploadId: string, states: ReadonlySet<string>, milliseconds?: number): Promise<Status>;
  /** Uploads, completes, waits until it rests. */
  send(files: readonly SendFile[], init?: Record<string, unknown>, milliseconds?: number): Promise<Status>;
  receipt(id: string): Promise<Record<string, unknown>>;
}

/** @param url the box's address, asked anew each time: a restarted box has another port */
export async function signIn(url: () => string, username: string, password: string): Promise<Client> {
  const answer = await fetch(`${url()}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  if (!token) throw new Error(`sign-in failed: ${answer.status}`);

  const request: Client["request"] = (method, path, { body, token: other, headers = {} } = {}) =>
    fetch(url() + path, {
      method,
      headers: {
        ...(other === null ? {} : { authorization: `Bearer ${other ?? token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const good = async (answer: Response) => {
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer;
  };

  const client: Client = {
    token,
    request,
    init: async (body, headers = {}) =>
      (await (await good(await request("POST", "/upload/init", { body, headers }))).json()) as Opened,
    chunk: (opened, fileId, index, bytes, headers = {}) =>
      fetch(`${url()}/upload/${opened.upload_id}/chunk?file_id=${encodeURIComponent(fileId)}&chunk_index=${index}`, {
        method: "PUT",
        headers: {
          authorization: `Bearer ${opened.upload_token}`,
          "content-type": "application/octet-stream",
          ...headers,
        },
        body: bytes as Uint8Array<ArrayBuffer>,
      }),
    upload: async (files, init = {}) => {
      const opened = await client.init({
        total_files: files.length,
        total_size_bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
        files: files.map(({ name, bytes }, index) => ({ file_id: `f${index}`, name, size_bytes: bytes.length })),
        ...init,
      });
      const step = Math.floor(opened.max_request_bytes / opened.chunk_size) * opened.chunk_size;
      for (const [index, { bytes }] of files.entries())
        for (let at = 0; at < bytes.length; at += step) {
          const piece = bytes.subarray(at, at + step);
          const digest = `sha-256=:${createHash("sha256").update(piece).digest("base64")}:`;
          await good(
            await client.chunk(opened, `f${index}`, at / opened.chunk_size, piece, { "content-digest": digest }),
          );
        }
      return opened;
    },
    complete: (opened) => request("POST", `/upload/${opened.upload_id}/complete`, { token: opened.upload_token }),
    status: async (uploadId) =>
      (await (await good(await request("GET", `/upload/${uploadId}/status`))).json()) as Status,
    reach: async (uploadId, states, milliseconds = 60_000) => {
      let status = await client.status(uploadId);
      await until(
        `the upload to be ${[...states].join(" or ")}, it is ${status.state}`,
        async () => {
          status = await client.status(uploadId);
          return states.has(status.state);
        },
        milliseconds,
      );
      return status;
    },
    send: async (files, init, milliseconds) => {
      const opened = await client.upload(files, init);
      await good(await client.complete(opened));
      return client.reach(opened.upload_id, atRest, milliseconds);
    },
    receipt: async (id) =>
      (await (await good(await request("GET", `/receipts/${id}`))).json()) as Record<string, unknown>,
  };
  return client;
}
