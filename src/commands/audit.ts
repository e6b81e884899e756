import { readFileSync } from "node:fs";
import { exportAudit, readHead } from "../audit/export.ts";
import { record, theConsole } from "../audit/record.ts";
import { type Finding, verifyChain } from "../audit/verify.ts";
import { type AuditFormat, auditFormats } from "../contract/audit.ts";
import { writeDurable } from "../core/durable-file.ts";
import { auditHead } from "../db/audit.ts";
import { openDatabase } from "../db/database.ts";
import { type ConfigOptions, type JsonOptions, readConfig } from "./context.ts";
import { say, sayJson, tell, UsageError, write } from "./io.ts";

const words: Record<Finding["fault"], string> = {
  missing: "is missing",
  changed: "is not as it was written, or was put in",
  cut: "and all after it are missing: the audit once went on to there",
};

/** @throws UsageError */
function headOf(path: string) {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new UsageError(`The file ${path} cannot be read.`);
  }
  try {
    const head = readHead(text);
    if (head) return head;
  } catch {
    // not JSON: told below
  }
  throw new UsageError(`The file ${path} holds no end of an audit; take one that "audit export" wrote.`);
}

/** `audit verify`: 0 when every row is there and as it was written, 1 with the first that is not. */
export async function verify(options: JsonOptions & { readonly head?: string }): Promise<number> {
  const known = options.head === undefined ? undefined : headOf(options.head);
  const db = openDatabase(readConfig(options).data_dir);
  try {
    const { rows, head, broken } = await verifyChain(db, known);
    if (options.json === true) sayJson({ complete: broken === null, rows, head, broken });
    else if (broken === null) say(`The audit is complete: ${rows} rows hold, up to ${head.seq} ${head.hash}.`);
    else say(`The audit is broken: row ${broken.seq} ${words[broken.fault]}. ${rows} rows before it hold.`);
    return broken === null ? 0 : 1;
  } finally {
    db.close();
  }
}

interface ExportOptions extends ConfigOptions {
  readonly since?: string;
  readonly format: string;
  readonly head?: string;
}

/** `audit export`: the rows on stdout, the end they have on stderr or in a file. */
export async function exportRows(options: ExportOptions): Promise<number> {
  const format = auditFormats.find((one): one is AuditFormat => one === options.format);
  if (format === undefined) throw new UsageError(`The format must be one of ${auditFormats.join(", ")}.`);
  const since = options.since === undefined ? undefined : Date.parse(options.since);
  if (Number.isNaN(since)) throw new UsageError("--since takes a time such as 2026-01-31T00:00:00Z.");
  const config = readConfig(options);
  const db = openDatabase(config.data_dir);
  try {
    db.transaction((tx) => record(tx, { by: theConsole(), event: "audit.exported", details: { kind: format } }));
    const head = auditHead(db.orm);
    for (const piece of exportAudit(db, { format, since, head, source: config.site_name })) write(piece);
    if (options.head !== undefined) writeDurable(options.head, `${JSON.stringify({ head })}\n`, 0o600);
    else tell(`The end of this export: ${head.seq} ${head.hash}`);
    return 0;
  } finally {
    db.close();
  }
}
