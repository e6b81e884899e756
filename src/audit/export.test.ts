import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuditEntry, auditEvents, type auditFormats } from "../contract/audit.ts";
import { auditHead } from "../db/audit.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { dicomMessage } from "./dicom-message.ts";
import { exportAudit, readHead } from "./export.ts";
import { record, theBox } from "./record.ts";

let folder: string;
let db: Database;
const anna = { id: "11111111-2222-4333-8444-555555555555", name: "+anna", address: "10.1.2.3" };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-export-"));
  db = openDatabase(folder);
  db.transaction((tx) => {
    for (const event of auditEvents)
      record(tx, { by: anna, event, uploadId: "u", studyInstanceUID: "1.2.3", details: { files: 3 } });
    for (let at = 0; at < 600; at++) record(tx, { by: theBox, event: "upload.purged", failed: at % 2 === 0 });
  });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const all = (format: (typeof auditFormats)[number], since?: number) =>
  [...exportAudit(db, { format, since, head: auditHead(db.orm), source: 'Ward "A" & <B>' })].join("");
const rows = auditEvents.length + 600;

test("JSON Lines holds every row and ends with the head", () => {
  const lines = all("jsonl").trimEnd().split("\n");
  const entries = lines.slice(0, -1).map((line) => JSON.parse(line) as AuditEntry);
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: rows }, (_, at) => at + 1));
  expect(entries[1]?.previous).toBe(entries[0]?.hash ?? "-");
  expect(readHead(all("jsonl"))).toEqual(auditHead(db.orm));
});

test("CSV holds every row; no cell is a formula, and a quote stays in its cell", () => {
  const lines = all("csv").trimEnd().split("\r\n");
  expect(lines).toHaveLength(rows + 1);
  expect(lines[0]).toStartWith("seq,time,actor_id,actor_name,");
  expect(lines[1]).toContain(`,'+anna,10.1.2.3,app.started,u,`);
  expect(lines[1]).toContain(`"{""files"":3}"`);
});

test("a time leaves out what was before it", () => {
  expect(
    all("csv", Date.now() + 60_000)
      .trimEnd()
      .split("\r\n"),
  ).toHaveLength(1);
  expect(
    all("csv", Date.now() - 60_000)
      .trimEnd()
      .split("\r\n"),
  ).toHaveLength(rows + 1);
});

test("DICOM messages: one per row, well-formed, in the order of PS3.15 A.5.1", () => {
  const text = all("dicom");
  expect(text.match(/<AuditMessage>/g)).toHaveLength(rows);
  const open: string[] = [];
  const rest = text
    .replace(/<\?[^>]*\?>/, "")
    .replace(/<(\/?)([A-Za-z]+)((?: [A-Za-z-]+="[^"<>]*")*)(\/?)>/g, (...found) => {
      const [, closes, name, , empty] = found as string[];
      if (closes) expect(open.pop()).toBe(name ?? "");
      else if (!empty) open.push(name ?? "");
      return "";
    });
  expect([open, rest.trim()]).toEqual([[], ""]);
  expect(text).toContain('AuditSourceID="Ward &quot;A&quot; &amp; &lt;B&gt;"');
  const first = /<AuditMessage>.*<\/AuditMessage>/.exec(text)?.[0] ?? "";
  const order = [...first.matchAll(/<([A-Z][A-Za-z]+)/g)].map(([, name]) => name);
  expect([...new Set(order)]).toEqual([
    "AuditMessage",
    "EventIdentification",
    "EventID",
    "EventTypeCode",
    "ActiveParticipant",
    "AuditSourceIdentification",
    "ParticipantObjectIdentification",
    "ParticipantObjectIDTypeCode",
    "ParticipantObjectDetail",
  ]);
  expect(first).toContain('<EventID csd-code="110100" codeSystemName="DCM" originalText="Application Activity"/>');
  expect(first).toContain('EventActionCode="E"');
});

test("a control character cannot break a message, and an event of a newer version is told by its name", () => {
  const entry: AuditEntry = {
    ...(JSON.parse(all("jsonl").split("\n")[0] ?? "") as AuditEntry),
    event: "later.event",
    actor_name: "a\u0000\u001b\ud800😀",
  };
  const message = dicomMessage(entry, "box");
  expect(message).toContain('UserName="a\ufffd\ufffd\ufffd😀"');
  expect(message).toContain('csd-code="later.event"');
});

test("what is no head is told apart", () => {
  expect(readHead("")).toBeUndefined();
  expect(readHead('{"seq":1}')).toBeUndefined();
  expect(() => readHead("{broken")).toThrow();
});
