import type {
  UploadOpened,
  UploadOutcome,
  UploadPage,
  UploadStatus,
  UploadTokenView,
} from "../../src/contract/status.ts";
import type { ConfirmStudy, LineMeasured, UploadInit } from "../../src/contract/upload.ts";
import { jsonOf } from "../core/portions.ts";
import type { Api } from "./http.ts";

export type Opened = typeof UploadOpened.static;
export type FreshToken = typeof UploadTokenView.static;
export type Page = typeof UploadPage.static;

const of = (id: string) => `/upload/${encodeURIComponent(id)}`;
const study = (id: string, uid: string) => `${of(id)}/studies/${encodeURIComponent(uid)}`;

/** The same key and body answer the same upload: a lost answer makes no second one. @throws ApiError */
export const openUpload = async (api: Api, body: UploadInit, key: string) =>
  api.call<Opened>("POST", "/upload/init", { json: await jsonOf(body), headers: { "idempotency-key": key } });

/** @param token the upload's own, unexpired; undefined: the signed-in owner's. @throws ApiError token_expired, unauthorized */
export const freshToken = (api: Api, id: string, token?: string) =>
  api.call<FreshToken>("POST", `${of(id)}/token`, token === undefined ? {} : { token });

/** Again: the present outcome. @param line what was measured while it was sent @throws ApiError upload_incomplete with `missing` */
export const completeUpload = (api: Api, id: string, token: string, line: LineMeasured | null) =>
  api.call<UploadOutcome>("POST", `${of(id)}/complete`, { token, ...(line === null ? {} : { body: { line } }) });

/** @param token the upload's own; undefined: the signed-in user's */
export const uploadStatus = (api: Api, id: string, token?: string) =>
  api.call<UploadStatus>("GET", `${of(id)}/status`, token === undefined ? {} : { token });

export const cancelUpload = (api: Api, id: string, token?: string) =>
  api.call<void>("DELETE", of(id), token === undefined ? {} : { token });

/** Refused and parked ones again. */
export const retryUpload = (api: Api, id: string) => api.call<UploadStatus>("POST", `${of(id)}/retry`);
/** Leaves it at partial. */
export const acceptUpload = (api: Api, id: string) => api.call<UploadStatus>("POST", `${of(id)}/accept`);

export const confirmStudy = (api: Api, id: string, uid: string, body: ConfirmStudy) =>
  api.call<unknown>("POST", `${study(id, uid)}/confirm`, { body });
export const rejectStudy = (api: Api, id: string, uid: string, reason: string) =>
  api.call<unknown>("POST", `${study(id, uid)}/reject`, { body: { reason } });

/** All that the person may see, newest first. @param cursor of the page before */
export const uploadsAt = (api: Api, cursor: string | null) =>
  api.call<Page>("GET", `/uploads${cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`}`);

/** The newest that the archive has: the person's own, an administrator's also everybody else's. */
export const deliveredUploads = (api: Api, signal: AbortSignal) =>
  api.call<Page>("GET", "/uploads?state=delivered&limit=100", { signal });
