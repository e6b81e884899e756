import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";
import { run } from "./binary.ts";

let box: Box;
const audit = (...args: string[]) => run(["audit", ...args, "--config", box.configFile]);
const rows = async () =>
  (await audit("export")).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  box = await startBox(`[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`);
});
afterAll(() => box.stop());

test("who did what stands in the audit, while the server runs, without anything of the patient", async () => {
  const client = await box.client("radiographer");
  const wrong = { username: "DOE^JANE", password: "wrong" };
  await client.request("POST", "/auth/login", { body: wrong, token: null });
  await client.request("POST", "/auth/login", { body: { ...wrong, username: "radiographer" }, token: null });
  const bytes = madeBytes({ study: "2.25.7001", sop: "2.25.7001.1" });
  const reason = { resend: { reason: "SENTINEL of DOE^JANE" } };
  const { upload_id } = await client.send([{ name: "DOE.dcm", bytes }], reason);
  await until("the files to be gone", async () => (await client.status(upload_id)).files_removed_at !== null);

  const all = await rows();
  const of = (event: string) => all.filter((row) => row.event === event);
  expect(of("app.started")).toHaveLength(1);
  expect(of("user.added")).toMatchObject([
    { actor_name: expect.stringMatching(/^console/), details: { role: "radiographer" } },
  ]);
  expect(of("auth.signed_in")).toMatchObject([{ actor_name: "radiographer", address: "127.0.0.1", result: "success" }]);
  expect(of("auth.sign_in_failed")).toMatchObject([
    { actor_id: null, actor_name: null, result: "failure" },
    { actor_name: "radiographer", result: "failure" },
  ]);
  const mine = all.filter((row) => row.upload_id === upload_id).map(({ event }) => event);
  expect(mine).toEqual([
    "upload.opened",
    "upload.resend",
    "upload.completed",
    "delivery.finished",
    "upload.ended",
    "upload.purged",
  ]);
  expect(of("upload.ended")[0]?.details).toMatchObject({ state: "delivered", receipt_id: expect.any(String) });
  expect(JSON.stringify(all)).not.toMatch(/SENTINEL|DOE|2\.25\.7001/);
});

test("T27: verify holds, names the first broken row, and finds a cut tail by what an export left elsewhere", async () => {
  const head = join(box.dataDir, "..", "head.json");
  expect((await audit("export", "--format", "dicom", "--head", head)).stdout).toContain("<AuditMessage>");
  expect(statSync(head).mode & 0o777).toBe(0o600);
  const file = join(box.dataDir, "..", "audit.jsonl");
  writeFileSync(file, (await audit("export")).stdout);
  expect((await audit("verify", "--head", file)).code).toBe(0);
  const whole = await audit("verify", "--head", head, "--json");
  expect([whole.code, JSON.parse(whole.stdout)]).toMatchObject([0, { complete: true, broken: null }]);

  const db = new Database(join(box.dataDir, "relaypacs.db"));
  try {
    expect(() => db.run("UPDATE audit SET actor_name = 'x' WHERE seq = 2")).toThrow("append-only");
    for (const { name } of db.query("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
    }[])
      db.run(`DROP TRIGGER ${name}`);
    const { last } = db.query("SELECT max(seq) AS last FROM audit").get() as { last: number };
    db.run("DELETE FROM audit WHERE seq > ?", [last - 2]);
    expect((await audit("verify")).code).toBe(0);
    const cut = await audit("verify", "--head", file, "--json");
    expect([cut.code, JSON.parse(cut.stdout).broken]).toEqual([1, { seq: last - 1, fault: "cut" }]);
    db.run("UPDATE audit SET actor_name = 'x' WHERE seq = 2");
    const changed = await audit("verify");
    expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining("row 2 is not as it was written")]);
  } finally {
    db.close();
  }
});

test("wrong usage is told", async () => {
  expect((await audit("verify", "--head", "/nowhere")).code).toBe(2);
  expect((await audit("verify", "--head", box.configFile)).code).toBe(2);
  expect((await audit("export", "--format", "pdf")).code).toBe(2);
  expect((await audit("export", "--since", "yesterday")).code).toBe(2);
});
