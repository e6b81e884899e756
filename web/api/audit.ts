import type { AuditFormat, AuditPage as AuditPageSchema } from "../../src/contract/audit.ts";
import type { Api } from "./http.ts";

export type AuditPage = typeof AuditPageSchema.static;

/** What the audit is asked for; what is empty filters nothing. */
export interface AuditWanted {
  /** RFC 3339. */
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly event?: string;
  readonly upload_id?: string;
  readonly cursor?: string;
}

/** The administrator's way to the audit. */
export interface AuditBook {
  /** @throws ApiError */
  read(wanted: AuditWanted): Promise<AuditPage>;
  /** All of it as a file's text. @throws ApiError */
  file(format: AuditFormat): Promise<string>;
}

export const createAuditBook = (api: Api): AuditBook => ({
  read: (wanted) => {
    const asked = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== ""));
    return api.call<AuditPage>("GET", `/admin/audit?${asked}`);
  },
  file: (format) => api.call<string>("GET", `/admin/audit/export?format=${format}`, { text: true }),
});
