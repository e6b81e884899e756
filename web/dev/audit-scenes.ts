import type { AuditBook, AuditPage } from "../api/audit.ts";

const entry = (seq: number, over: Partial<AuditPage["entries"][number]> = {}): AuditPage["entries"][number] => ({
  seq,
  time: new Date(Date.UTC(2026, 0, 31, 8, seq)).toISOString(),
  actor_id: "4f1c2f3e-0000-4000-8000-000000000000",
  actor_name: "meier",
  address: "2001:db8:85a3:8d3:1319:8a2e:370:7348",
  event: "delivery.discarded",
  upload_id: "8f2k0000-0000-4000-8000-000000000000",
  study: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
  result: "success",
  details: { delivery_id: "77aa0000-0000-4000-8000-000000000000", destination_id: "main" },
  previous: "",
  hash: "",
  reason: null,
  ...over,
});

export const wholeAudit: AuditPage = {
  entries: [
    entry(3, { reason: "Sent to the wrong archive." }),
    entry(2, { event: "auth.sign_in_failed", result: "failure", actor_id: null, actor_name: null, upload_id: null }),
    entry(1, { event: "app.started", actor_id: null, actor_name: "relaypacs", address: null, study: null }),
  ],
  next_cursor: "1",
  complete: true,
  first_broken: null,
  head: { seq: 3, hash: "" },
};
export const brokenAudit: AuditPage = { ...wholeAudit, complete: false, first_broken: 2, next_cursor: null };

/** Answers what it is given, and tells what it was asked. */
export const stubAudit = (page: AuditPage, asked: string[]): AuditBook => ({
  read: (wanted) => {
    const set = Object.entries(wanted).flatMap(([name, value]) => (value === "" ? [] : [`${name}=${value}`]));
    asked.push(["audit", ...set].join(" "));
    return Promise.resolve(page);
  },
  file: (format) => {
    asked.push(`audit file ${format}`);
    return Promise.resolve("");
  },
});
