import { Elysia } from "elysia";
import { ChunkReceived, UploadOpened, UploadTokenView } from "../../contract/status.ts";
import { maxRequestBytes, UploadInit } from "../../contract/upload.ts";
import type { Config } from "../../core/config-schema.ts";
import { RelayError } from "../../core/errors.ts";
import { fileStates, type UploadRow } from "../../db/uploads.ts";
import { parseBodyHeaders } from "../../upload/body.ts";
import { fileForChunk } from "../../upload/declare.ts";
import { requireReceiving } from "../../upload/rules.ts";
import { initUpload } from "../../upload/session.ts";
import { actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { asRelayError } from "../errors.ts";
import { idempotencyKey } from "../idempotency-key.ts";
import { type BodyBounds, jsonBody, maxJsonBytes } from "../json-body.ts";
import { wholeNumber } from "../query.ts";
import { requestId } from "../request-id.ts";

/** A file is at most six values; 50 000 hold the longest list of expected studies and all else. */
const initBounds = ({ limits }: Config): BodyBounds => ({
  maxBytes: maxJsonBytes,
  maxValues: 6 * limits.max_files + 50_000,
});

/** Bytes come in: init, chunks, fresh tokens. */
export function uploadRoutes(context: HttpContext) {
  const { config, tokens, guard, sessions, receiveChunk, log } = context;
  const tokenFor = async (upload: UploadRow) => {
    const seconds = config().auth.upload_token_minutes * 60;
    return {
      upload_token: await tokens.upload(upload.userId, upload.id, seconds),
      expires_in: Math.round(seconds),
    };
  };

  return new Elysia({ prefix: "/upload" })
    .post(
      "/init",
      async ({ body, request, server, set }) => {
        const caller = guard.principal(request);
        const by = actorOf(context, { request, server });
        const { userId } = caller;
        const invitationId = caller.kind === "guest" ? caller.invitationId : null;
        const upload = await initUpload(sessions, { userId, invitationId, by }, body, idempotencyKey(request));
        log.event("upload.opened", {
          request_id: requestId(request),
          upload_id: upload.id,
          user_id: userId,
          files: upload.totalFiles,
          bytes: upload.totalSizeBytes,
        });
        // The reason itself is free text: beside the audit.
        if (upload.resendReason !== null)
          log.event("upload.resend", { request_id: requestId(request), upload_id: upload.id, user_id: userId });
        set.status = 201;
        return {
          upload_id: upload.id,
          ...(await tokenFor(upload)),
          chunk_size: upload.chunkSize,
          max_request_bytes: maxRequestBytes,
          files: fileStates(context.db.orm, upload.id),
        };
      },
      {
        parse: [jsonBody(context, "/upload/init", initBounds), "json"],
        body: UploadInit,
        response: { 201: UploadOpened },
        detail: { summary: "Open an upload" },
      },
    )
    .put(
      "/:id/chunk",
      async ({ params, request, server, query }) => {
        // Bun would cut a body under 16 kB/s; the watchdog of upload/body.ts is the bound instead (RELIABILITY fact 1).
        server?.timeout(request, 0);
        const upload = requireReceiving(guard.upload(request, params.id, "change"));
        const headers = parseBodyHeaders(request.headers);
        const type = request.headers.get("content-type");
        if (type !== null && !/^application\/octet-stream\b/i.test(type))
          throw new RelayError("unsupported_media_type");
        const chunk = wholeNumber(query.chunk_index, "chunk_index");
        if (chunk === undefined || typeof query.file_id !== "string" || query.file_id === "")
          throw new RelayError("invalid_request", undefined, {
            errors: [
              { path: "query.file_id", message: "is required" },
              { path: "query.chunk_index", message: "is required" },
            ],
          });
        const sizeBytes = wholeNumber(query.size_bytes, "size_bytes");
        const said = { fileId: query.file_id, name: query.name, sizeBytes };
        const file = fileForChunk(sessions, upload, said);
        const length = request.headers.get("content-length");
        const { signal, done } = guard.watch(request);
        const last = await receiveChunk({
          upload,
          file,
          said,
          firstChunk: chunk,
          headers,
          contentLength: length === null ? null : Number(length),
          body: request.body,
          signal,
        })
          .catch((error: unknown) => {
            context.metrics.chunks(asRelayError(error).code, 0);
            throw error;
          })
          .finally(done);
        context.metrics.chunks("ok", Number(length ?? 0));
        context.live.changed(upload.id);
        return { file_id: file.fileId, received_chunk_index: last };
      },
      {
        parse: "none",
        response: { 200: ChunkReceived },
        detail: {
          summary: "Send one chunk or several consecutive ones of a file",
          parameters: [
            { name: "file_id", in: "query", required: true, schema: { type: "string" } },
            { name: "chunk_index", in: "query", required: true, schema: { type: "integer", minimum: 0 } },
            { name: "name", in: "query", schema: { type: "string" } },
            { name: "size_bytes", in: "query", schema: { type: "integer", minimum: 0 } },
            { name: "Content-Digest", in: "header", schema: { type: "string" } },
          ],
          requestBody: {
            content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
          },
        },
      },
    )
    .post("/:id/token", async ({ params, request }) => tokenFor(guard.upload(request, params.id, "own")), {
      parse: "none",
      response: { 200: UploadTokenView },
      detail: { summary: "A fresh upload token" },
    });
}
