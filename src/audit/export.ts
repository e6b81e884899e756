import type { AuditEntry, AuditFormat } from "../contract/audit.ts";
import { auditAfter, auditBefore } from "../db/audit.ts";
import type { Database } from "../db/database.ts";
import { dicomMessage } from "./dicom-message.ts";
import type { Head } from "./verify.ts";
import { entryOf } from "./view.ts";

interface Form {
  readonly type: string;
  readonly begins: string;
  entry(entry: AuditEntry, source: string): string;
  ends(head: Head): string;
}

const columns = [
  "seq",
  "time",
  "actor_id",
  "actor_name",
  "address",
  "event",
  "upload_id",
  "study",
  "result",
  "details",
  "previous",
  "hash",
] as const satisfies readonly (keyof AuditEntry)[];

/** RFC 4180. A spreadsheet takes what begins with = + - @ for a formula; user names may begin with + - @. */
function cell(value: AuditEntry[keyof AuditEntry]): string {
  const text = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** JSON Lines ends with the head, so that one file is the export and what a cut tail is told by. */
const forms: Readonly<Record<AuditFormat, Form>> = {
  jsonl: {
    type: "application/x-ndjson",
    begins: "",
    entry: (entry) => `${JSON.stringify(entry)}\n`,
    ends: (head) => `${JSON.stringify({ head })}\n`,
  },
  csv: {
    type: "text/csv; charset=utf-8; header=present",
    begins: `${columns.join(",")}\r\n`,
    entry: (entry) => `${columns.map((name) => cell(entry[name])).join(",")}\r\n`,
    ends: () => "",
  },
  dicom: {
    type: "application/xml",
    begins: '<?xml version="1.0" encoding="UTF-8"?>\n<AuditMessages>\n',
    entry: (entry, source) => `${dicomMessage(entry, source)}\n`,
    ends: () => "</AuditMessages>\n",
  },
};

export const mediaTypeOf = (format: AuditFormat): string => forms[format].type;

const pageSize = 500;

export interface ExportOptions {
  readonly format: AuditFormat;
  /** Wall time, milliseconds. */
  readonly since?: number | undefined;
  /** Where the export ends. */
  readonly head: Head;
  /** Which box it is from. */
  readonly source: string;
}

/** The audit as text, piece by piece, from a time to the end given: what is added meanwhile is not in it. */
export function* exportAudit(db: Database, { format, since, head, source }: ExportOptions): Generator<string> {
  const form = forms[format];
  yield form.begins;
  let after = since === undefined ? 0 : auditBefore(db.orm, since);
  while (after < head.seq) {
    const page = auditAfter(db.orm, after, head.seq, pageSize);
    if (page.length === 0) break;
    yield page.map((row) => form.entry(entryOf(row), source)).join("");
    after = page.at(-1)?.seq ?? head.seq;
  }
  yield form.ends(head);
}

/** The head out of what an export wrote: its last line. @returns undefined where there is none */
export function readHead(text: string): Head | undefined {
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  if (!last.startsWith("{")) return undefined;
  const { head } = JSON.parse(last) as { head?: Partial<Head> };
  const { seq, hash } = head ?? {};
  if (!Number.isSafeInteger(seq) || !/^[0-9a-f]{0,64}$/.test(String(hash))) return undefined;
  return { seq: Number(seq), hash: String(hash) };
}
