import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AdminSession } from "../../src/contract/admin.ts";
import type { AuditEntry } from "../../src/contract/audit.ts";
import type { News } from "../../src/contract/news.ts";
import type { BackupState } from "../../src/contract/system.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { until } from "../support/child.ts";
import { type Client, signIn } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

let box: Box;
let admin: Client;
beforeAll(async () => {
  box = await startBox(`[[destination]]
id = "folder"
kind = "folder"
path = "received"
default = true
[[destination]]
id = "nobody"
kind = "stow-rs"
url = "http://user:secret@127.0.0.1:9/dicom-web"
fallback = "folder"
[[route]]
name = "all"
to = ["folder"]
`);
  admin = await box.client("admin");
});
afterAll(() => box.stop());
const get = async (path: string) => (await admin.request("GET", path)).json();

test("the destinations are told as the file gives them, without anybody's password, and with what they have", async () => {
  const sender = await box.client("radiographer");
  await sender.send([{ name: "a.dcm", bytes: madeBytes({ study: "2.25.9001", sop: "2.25.9001.1" }) }]);
  // another file holds the place of this instance: parked
  const folder = join(box.dataDir, "received", "2.25.9002", "2.25.3");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "2.25.9002.1.dcm"), madeBytes({ study: "2.25.9002", sop: "2.25.9002.1", fill: 9 }));
  await sender.send([{ name: "b.dcm", bytes: madeBytes({ study: "2.25.9002", sop: "2.25.9002.1" }) }]);

  const answer = await admin.request("GET", "/admin/destinations");
  const text = await answer.text();
  expect(text).not.toContain("secret");
  const [first, second] = JSON.parse(text).destinations;
  expect(first).toMatchObject({
    destination_id: "folder",
    kind: "folder",
    address: "received",
    default: true,
    provisioned: true,
    state: "up",
    waiting: 0,
    parked: 1,
  });
  expect(Date.parse(first.last_delivered_at)).toBeGreaterThan(0);
  expect(second).toMatchObject({
    address: "http://127.0.0.1:9/dicom-web",
    fallback: "folder",
    last_delivered_at: null,
  });

  expect(await get("/admin/system")).toMatchObject({
    tls: { mode: "off", fingerprint: null, valid_until: null },
    deliveries: { waiting: 0, parked: 1, oldest_waiting_at: null },
    uploads: { receiving: 0, processing: 0, needs_confirmation: 0 },
    destinations: { total: 2, down: 0 },
    routes: [{ name: "all", to: ["folder"] }],
    storage: {
      uploads: 1,
      oldest_at: expect.any(String),
      bytes_per_day: expect.any(Number),
      days_left: expect.any(Number),
    },
    lately: { failed_today: 0, success_rate: 1, median_seconds_to_archive: expect.any(Number) },
    backup: { every_hours: 24 },
  });
  const { clock, storage, disk } = await get("/admin/system");
  expect(Math.abs(Date.parse(clock.now) - Date.now())).toBeLessThan(60_000);
  expect(storage.days_left / ((disk.free_bytes - disk.kept_bytes) / storage.bytes_per_day)).toBeCloseTo(1, 1);
  expect(storage.spool_bytes).toBeGreaterThan(0);
});

test("to a paused destination nothing is sent, over a restart too, until it is resumed", async () => {
  const sender = await box.client("radiographer");
  const turn = async (what: string) => (await admin.request("POST", `/admin/destinations/folder/${what}`)).status;
  const folder = async () => (await get("/admin/destinations")).destinations[0];
  expect(await turn("pause")).toBe(204);
  expect(await turn("pause")).toBe(204);
  expect(await folder()).toMatchObject({ state: "paused", waiting: 0 });
  const bytes = madeBytes({ study: "2.25.9003", sop: "2.25.9003.1" });
  const opened = await sender.upload([{ name: "c.dcm", bytes }]);
  await sender.complete(opened);
  await sender.reach(opened.upload_id, new Set(["forwarding"]));
  await box.kill();
  await box.start();
  // what another destination is asked for meanwhile shows that the lanes run
  expect((await (await admin.request("POST", "/admin/destinations/nobody/test")).json()).ok).toBe(false);
  expect(await folder()).toMatchObject({ state: "paused", waiting: 1 });
  expect((await sender.status(opened.upload_id)).studies[0]?.deliveries[0]).toMatchObject({
    state: "pending",
    attempts: 0,
  });
  expect(await turn("resume")).toBe(204);
  await sender.reach(opened.upload_id, new Set(["delivered"]));
  const events = (await get("/admin/audit?limit=50")).entries.map(({ event }: { event: string }) => event);
  expect(events.filter((event: string) => event.startsWith("destination."))).toEqual([
    "destination.resumed",
    "destination.paused",
  ]);
  expect((await admin.request("POST", "/admin/destinations/other/pause")).status).toBe(404);
});

test("whoever watches is told what changes, a copy of the box among it, until the sign-in ends", async () => {
  const watcher = await signIn(() => box.url, "admin", testPassword);
  const stream = await watcher.request("GET", "/admin/events");
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
  const next = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      const data = /^event: changed\ndata: (.*)$/m.exec(new TextDecoder().decode(value))?.[1];
      if (data !== undefined) return JSON.parse(data) as News;
    }
  };
  const first = await next();
  const backup = async () => (await get("/admin/system")).backup as BackupState;
  await until("the copy of the start", async () => !(await backup()).running);
  const before = await backup();
  const asked = await admin.request("POST", "/admin/backup");
  expect([asked.status, (await asked.json()).running]).toEqual([202, true]);
  expect((await admin.request("POST", "/admin/backup")).status).toBe(202); // one at a time
  let told = await next();
  while (told !== null && told.box === first?.box) told = await next();
  expect(told?.box).toBeGreaterThan(first?.box ?? 0);
  await until("the copy", async () => (await backup()).last_at !== before.last_at);
  const made = (await get("/admin/audit?limit=20")).entries.filter(
    (it: { event: string }) => it.event === "backup.made",
  );
  expect(made.map((it: AuditEntry) => [it.actor_name, it.result])).toEqual([["admin", "success"]]);

  const copies = join(box.dataDir, "backups");
  renameSync(copies, `${copies}-away`);
  writeFileSync(copies, "in its place");
  await admin.request("POST", "/admin/backup");
  await until("the copy to fail", async () => (await backup()).failed_at !== null);
  rmSync(copies);
  renameSync(`${copies}-away`, copies);
  const [newest] = (await get("/admin/audit?limit=20")).entries.filter((it: AuditEntry) => it.event === "backup.made");
  expect(newest.result).toBe("failure");
  const { sessions } = (await get("/admin/sessions")) as { sessions: AdminSession[] };
  const watching = sessions.find(({ username, current }) => username === "admin" && !current);
  await admin.request("DELETE", `/admin/sessions/${watching?.session_id}`);
  while ((await next()) !== null);
});

test("a destination is tried on the spot, and what fails comes with its fix", async () => {
  const tried = async (id: string) => (await admin.request("POST", `/admin/destinations/${id}/test`)).json();
  expect(await tried("folder")).toMatchObject({ destination_id: "folder", ok: true });
  const { ok, steps } = await tried("nobody");
  expect(ok).toBe(false);
  const failed = steps.find((step: { ok: boolean }) => !step.ok);
  expect([typeof failed.name, typeof failed.detail, typeof failed.fix]).toEqual(["string", "string", "string"]);
  expect(JSON.stringify(steps)).not.toContain("secret");
  expect((await admin.request("POST", "/admin/destinations/other/test")).status).toBe(404);
});

test("it is the whole list of the command line, each step told as it goes; a test image only where it is asked for", async () => {
  const steps = async (id: string, query = "") => {
    const headers = { accept: "application/jsonl" };
    const answer = await admin.request("POST", `/admin/destinations/${id}/test${query}`, { headers });
    const lines = (await answer.text()).trim().split("\n");
    return lines.map((line) => JSON.parse(line));
  };
  const [port, end] = await steps("nobody");
  expect(port).toMatchObject({ name: "Port", ok: false });
  expect(port.fix).toContain("9 is its port");
  expect(end).toEqual({ destination_id: "nobody", ok: false });
  expect((await steps("folder")).map(({ name }) => name)).not.toContain("Test image stored");
  const stored = await steps("folder", "?store=true");
  expect(stored.map(({ name, ok }) => `${name} ${ok}`)).toContain("Test image stored true");
  expect(stored.at(-1)).toEqual({ destination_id: "folder", ok: true });
});
