import { Database as Sqlite } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveMoment } from "./clock.ts";
import { openDatabase } from "./database.ts";
import { fileTotals } from "./uploads.ts";

const hour = 3_600_000;
const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-clock-"));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

test("box time goes on after a stop, whatever the wall clock shows by then", () => {
  const folder = newFolder();
  let [wall, monotonic] = [Date.now(), 0];
  const open = () => openDatabase(folder, { clocks: { wall: () => wall, monotonic: () => monotonic } });
  const first = open();
  const { box } = first.clock.now();
  monotonic += 10 * hour;
  wall += 10 * hour;
  saveMoment(first.orm, first.clock.now());
  monotonic += 1000;
  saveMoment(first.orm, first.clock.now()); // not due
  first.close();
  [wall, monotonic] = [wall - 240 * hour, 5];
  const second = open();
  expect(second.clock.now().box).toBe(box + 10 * hour);
  monotonic += 1000;
  saveMoment(second.orm, second.clock.now(), { always: true });
  second.close();
  const third = open();
  expect(third.clock.now().box).toBe(box + 10 * hour + 1000);
  third.close();
});

/** A database as the version before box time left it: `ago` is when things happened by its wall clock. */
function oldDatabase(folder: string, ago: number): void {
  const sqlite = new Sqlite(join(folder, "relaypacs.db"), { create: true });
  const migrations = join(import.meta.dir, "../../migrations");
  const journal = JSON.parse(readFileSync(join(migrations, "meta/_journal.json"), "utf8")) as {
    entries: { tag: string; when: number }[];
  };
  const before = journal.entries.filter(({ tag }) => tag < "0005");
  expect(readdirSync(migrations)).toContain(`${before.at(-1)?.tag}.sql`);
  for (const { tag } of before)
    sqlite.run(readFileSync(join(migrations, `${tag}.sql`), "utf8").replaceAll("--> statement-breakpoint", ""));
  sqlite.run("CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)");
  sqlite.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ?)", [before.at(-1)?.when ?? 0]);
  const at = Date.now() - ago;
  sqlite.run("INSERT INTO user VALUES ('u', 'u', '', 'admin', 0, NULL)");
  for (const [id, time] of [
    ["old", at - 2 * hour],
    ["new", at],
    ["ahead", at + 1000 * hour],
  ] as const) {
    const insert = (table: string, values: Record<string, string | number>) =>
      sqlite.run(
        `INSERT INTO ${table} (${Object.keys(values)}) VALUES (${Object.keys(values).map(() => "?")})`,
        Object.values(values),
      );
    const times = { created_at: time, last_traffic_at: time, ended_at: time };
    const counts = { total_files: 1, total_size_bytes: 1, chunk_size: 4096, files_declared: 1, destination_ids: "[]" };
    insert("upload", { id, user_id: "u", state: "delivered", service_level: "routine", ...counts, ...times });
    for (const [file_id, received_bytes] of [
      ["a", 3],
      ["b", 4],
    ] as const)
      insert("upload_file", { upload_id: id, file_id, size_bytes: 5, received_bytes, state: "needed" });
    const study = {
      study_instance_uid: "1",
      modalities: "[]",
      series_count: 1,
      instance_count: 1,
      decision: "accepted",
    };
    insert("study", { id, upload_id: id, ...study, service_level: "routine" });
    const dates = { next_attempt_at: time + hour, retry_until: time + 72 * hour, created_at: time, updated_at: time };
    const to = { study_id: id, destination_id: "a", state: "retrying", priority: 1, total_instances: 1 };
    insert("delivery", { id, upload_id: id, ...to, ...dates });
  }
  sqlite.close();
}

test.each([
  ["by a clock that is right", 10 * hour],
  ["by a clock that was set back since", -10 * hour],
])("what an older version stamped %s is neither due at once nor kept for ever", (_, ago) => {
  const folder = newFolder();
  oldDatabase(folder, ago);
  const db = openDatabase(folder);
  const { box } = db.clock.now();
  const rows = db.sqlite
    .query<{ id: string; traffic: number; ended: number; changed: number; retry: number; next: number | null }, []>(
      "SELECT upload.id AS id, last_traffic_at AS traffic, ended_box AS ended, updated_box AS changed, retry_until AS retry, " +
        "next_attempt_at AS next FROM upload JOIN delivery ON delivery.id = upload.id",
    )
    .all();
  for (const { id } of rows) expect(fileTotals(db.orm, id)).toEqual({ files: 2, declared: 10, received: 7 });
  db.close();
  expect(rows.map(({ next }) => next)).toEqual([null, null, null]);
  for (const { id, traffic, ended, changed, retry } of rows) {
    for (const stamp of [traffic, ended, changed]) {
      expect(stamp).toBeLessThanOrEqual(box);
      expect(stamp).toBeGreaterThan(box - 3 * hour);
      if (id === "ahead") expect(stamp).toBeGreaterThan(box - hour);
    }
    expect(retry).toBeGreaterThan(box + 69 * hour);
    expect(retry).toBeLessThanOrEqual(box + 72 * hour);
  }
});
