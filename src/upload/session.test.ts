import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { theBox } from "../audit/record.ts";
import type { Config } from "../core/config-schema.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { insertUser } from "../db/users.ts";
import { initUpload, type SessionDeps } from "./session.ts";
import { createSpool } from "./spool.ts";

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-session-"));
  db = openDatabase(folder);
  insertUser(db.orm, { id: "user", username: "user", passwordHash: "", role: "clinician", createdAt: 0 });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const limits = { max_files: 10, max_upload_bytes: 1000, max_file_bytes: 1000, max_open_uploads_per_user: 5 };
const deps = (database: Database): SessionDeps => ({
  db: database,
  spool: createSpool(folder, () => 0),
  config: () => ({ limits }) as Config,
  hashKey: new Uint8Array(32),
  unknownDestinations: () => [],
  alreadyDelivered: () => new Map(),
  now: () => ({ wall: 0, box: 0 }),
});
const body = { total_files: 1, total_size_bytes: 1 };

test("an upload that could not be put on record leaves no folder behind", async () => {
  const failing = deps({
    ...db,
    transaction: () => {
      throw new Error("disk full");
    },
  });
  await expect(initUpload(failing, { userId: "user", invitationId: null, by: theBox }, body, null)).rejects.toThrow(
    "disk full",
  );
  while (failing.spool.list().length > 0) await new Promise((resolve) => setImmediate(resolve));
});

test("an upload on record has its folder", async () => {
  const good = deps(db);
  const { id } = await initUpload(good, { userId: "user", invitationId: null, by: theBox }, body, null);
  expect(good.spool.list()).toEqual([id]);
});

test("T25: one upload may take all the room, a person's uploads together three quarters of it", async () => {
  insertUser(db.orm, { id: "other", username: "other", passwordHash: "", role: "clinician", createdAt: 0 });
  const real = deps(db);
  const room = 1000;
  const spool = { ...real.spool, hasRoomFor: (bytes: number, reserved: number) => room - reserved - bytes >= 0 };
  const open = (userId: string, bytes: number) =>
    initUpload(
      { ...real, spool },
      { userId, invitationId: null, by: theBox },
      { total_files: 1, total_size_bytes: bytes },
      null,
    ).then(
      () => "opened",
      ({ code }: { code: string }) => code,
    );
  expect(await open("user", 500)).toBe("opened");
  expect(await open("user", 251)).toBe("insufficient_storage");
  expect(await open("user", 250)).toBe("opened");
  expect(await open("user", 1)).toBe("insufficient_storage");
  expect(await open("other", 250)).toBe("opened");
});
