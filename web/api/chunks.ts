import { ApiError, networkError, problemOf } from "./problem.ts";

export interface ChunkRequest {
  readonly uploadId: string;
  readonly fileId: string;
  readonly firstChunk: number;
  readonly token: string;
  /** As sent: with `gzip`, already compressed. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzip: boolean;
  /** Milliseconds without progress after which the request is given up. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/**
 * One chunk request. By XMLHttpRequest, for fetch does not tell how far a body has gone, and a stalled request has to be found.
 * @throws ApiError `stalled`, `network`, `aborted` or the box's problem
 */
export async function putChunks(request: ChunkRequest): Promise<void> {
  const digest = base64(await crypto.subtle.digest("SHA-256", request.body));
  if (request.signal.aborted) throw new ApiError("aborted", "Stopped.", 0);
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    let timer = 0;
    const end = (error?: ApiError) => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", stop);
      if (error) reject(error);
      else resolve();
    };
    const giveUp = (error: ApiError) => {
      xhr.onerror = xhr.onload = xhr.upload.onprogress = null;
      xhr.abort();
      end(error);
    };
    const stop = () => giveUp(new ApiError("aborted", "Stopped.", 0));
    const watch = () => {
      clearTimeout(timer);
      timer = window.setTimeout(
        () => giveUp(new ApiError("stalled", "The connection stands still.", 0)),
        request.stallMs,
      );
    };
    const query = `file_id=${encodeURIComponent(request.fileId)}&chunk_index=${request.firstChunk}`;
    xhr.open("PUT", `/upload/${encodeURIComponent(request.uploadId)}/chunk?${query}`);
    xhr.setRequestHeader("authorization", `Bearer ${request.token}`);
    xhr.setRequestHeader("content-type", "application/octet-stream");
    xhr.setRequestHeader("content-digest", `sha-256=:${digest}:`);
    if (request.gzip) xhr.setRequestHeader("content-encoding", "gzip");
    xhr.upload.onprogress = watch;
    xhr.onerror = () => end(networkError());
    xhr.onload = () => {
      if (xhr.status !== 200) end(problemOf(xhr.status, (name) => xhr.getResponseHeader(name), xhr.responseText));
      else if (isReceipt(xhr.responseText)) end();
      else end(new ApiError("unexpected_answer", "The answer did not come from the hospital box.", xhr.status));
    };
    request.signal.addEventListener("abort", stop);
    watch();
    xhr.send(request.body);
  });
}

/** RFC 9530 §2: a structured field's byte sequence. */
const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** A network that wants a sign-in first answers 200 to everything: only the box's own word counts. */
function isReceipt(text: string): boolean {
  try {
    const said = JSON.parse(text) as { readonly received_chunk_index?: unknown } | null;
    return typeof said?.received_chunk_index === "number";
  } catch {
    return false;
  }
}
