import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import type { Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { problemOf } from "../upload/api.ts";

let box: Box;
let admin: Client;
let uploadId: string;
beforeAll(async () => {
  box = await startBox(
    '[auth]\nrequire_totp_for = []\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"',
  );
  admin = await box.client("admin");
  const sender = await box.client("radiographer");
  const bytes = madeBytes({ study: "2.25.7002", sop: "2.25.7002.1" });
  const status = await sender.send([{ name: "a.dcm", bytes }], { resend: { reason: "asked for by Dr. Example" } });
  uploadId = status.upload_id;
});
afterAll(() => box.stop());

interface Page {
  entries: { seq: number; event: string; actor_name: string; time: string; reason: string | null }[];
  next_cursor: string | null;
  complete: boolean;
  first_broken: number | null;
}
const page = async (query = "") => (await (await admin.request("GET", `/admin/audit${query}`)).json()) as Page;

test("the administrator reads it, filtered and page by page, with the reason while it is there", async () => {
  const all = await page("?limit=200");
  expect(all).toMatchObject({ complete: true, first_broken: null, next_cursor: null });
  expect(all.entries.map(({ seq }) => seq)).toEqual(all.entries.map((_, at) => all.entries.length - at));

  const first = await page("?limit=3");
  const second = await page(`?limit=3&cursor=${first.next_cursor}`);
  expect([...first.entries, ...second.entries]).toEqual(all.entries.slice(0, 6));

  const mine = await page(`?upload_id=${uploadId}&event=upload.resend`);
  expect(mine.entries).toMatchObject([{ actor_name: "radiographer", reason: "asked for by Dr. Example" }]);
  const signIns = await page("?actor=radiographer&event=auth.signed_in");
  expect(signIns.entries).toHaveLength(1);
  const later = new Date(Date.now() + 3_600_000).toISOString();
  expect((await page(`?from=${later}`)).entries).toEqual([]);
  expect((await page(`?to=${later}&limit=1`)).entries).toHaveLength(1);
});

test("what is asked wrongly is refused", async () => {
  for (const query of ["from=yesterday", "event=nothing", "cursor=x", "limit=0", "nothing=1", "actor=a&actor=b"])
    await problemOf(await admin.request("GET", `/admin/audit?${query}`), 422, "invalid_request");
  await problemOf(await admin.request("GET", "/admin/audit/export?format=pdf"), 422, "invalid_request");
});

test("an export is a file, and stands in the audit itself", async () => {
  const answer = await admin.request("GET", "/admin/audit/export?format=jsonl");
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="audit.jsonl"');
  const lines = (await answer.text()).trimEnd().split("\n");
  const [row, head] = [JSON.parse(lines.at(-2) ?? ""), JSON.parse(lines.at(-1) ?? "")];
  expect(row).toMatchObject({ event: "audit.exported", actor_name: "admin", seq: head.head.seq, hash: head.head.hash });
  expect(await (await admin.request("GET", "/admin/audit/export?format=csv")).text()).toContain(",audit.exported,");
  expect(await (await admin.request("GET", "/admin/audit/export?format=dicom")).text()).toEndWith("</AuditMessages>\n");
});

test("a cut tail shows while the box runs", async () => {
  expect((await page()).complete).toBe(true);
  const db = new Database(join(box.dataDir, "relaypacs.db"));
  for (const { name } of db.query("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as { name: string }[])
    db.run(`DROP TRIGGER ${name}`);
  db.run("DELETE FROM audit WHERE seq > 4");
  db.close();
  expect(await page()).toMatchObject({ complete: false, first_broken: 5 });
});
