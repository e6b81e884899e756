import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "./database.ts";
import { createGroupCommit } from "./group-commit.ts";
import { findUser, insertUser } from "./users.ts";

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-group-"));
  db = openDatabase(folder);
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const person = (id: string) => ({ id, username: id, passwordHash: "", role: "clinician" as const, createdAt: 0 });

/** Over the real database, with syncs that end when the test says so. */
function stage() {
  const syncs: PromiseWithResolvers<void>[] = [];
  let transactions = 0;
  const group = createGroupCommit({
    transaction: (work) => {
      transactions += 1;
      db.transaction(work);
    },
    sync: () => {
      const sync = Promise.withResolvers<void>();
      syncs.push(sync);
      return sync.promise;
    },
  });
  return { group, syncs, transactions: () => transactions };
}
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

test("nobody is answered before the sync of their own transaction, and a sync serves all that came meanwhile", async () => {
  const { group, syncs, transactions } = stage();
  const answered: string[] = [];
  const write = (id: string) => group.commit((tx) => insertUser(tx, person(id))).then(() => void answered.push(id));
  const first = write("a");
  await turn();
  expect(findUser(db.orm, "a")).toBeDefined();
  const others = [write("b"), write("c")];
  await turn();
  expect(answered).toEqual([]);
  expect(findUser(db.orm, "b")).toBeUndefined(); // waits for the sync under way
  syncs[0]?.resolve();
  await first;
  await turn();
  expect(answered).toEqual(["a"]);
  expect(transactions()).toBe(2);
  syncs[1]?.resolve();
  await Promise.all(others);
  expect(syncs.length).toBe(2);
});

test("what can be read is settled only with its sync", async () => {
  const { group, syncs } = stage();
  await group.settled();
  const write = group.commit((tx) => insertUser(tx, person("a")));
  await turn();
  let settled = false;
  const waiting = group.settled().then(() => {
    settled = true;
  });
  await turn();
  expect(settled).toBe(false);
  syncs[0]?.resolve();
  await Promise.all([write, waiting]);
});

test("one that fails takes none of its group with it, and leaves nothing", async () => {
  const { group, syncs } = stage();
  const outcomes = Promise.allSettled([
    group.commit((tx) => insertUser(tx, person("a"))),
    group.commit((tx) => {
      insertUser(tx, person("b"));
      throw new Error("not this one");
    }),
    group.commit((tx) => insertUser(tx, person("c"))),
  ]);
  await turn();
  syncs[0]?.resolve();
  expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(["a", "b", "c"].map((id) => findUser(db.orm, id)?.id)).toEqual(["a", undefined, "c"]);
});

test("a sync that fails answers nobody, and the next group has its own", async () => {
  const { group, syncs } = stage();
  const first = group.commit((tx) => insertUser(tx, person("a")));
  await turn();
  const second = group.commit((tx) => insertUser(tx, person("b")));
  syncs[0]?.reject(new Error("the disk is gone"));
  await expect(first).rejects.toThrow("the disk is gone");
  await turn();
  syncs[1]?.resolve();
  await second;
});

test("after a failed sync nothing is settled before another one succeeds, though no group follows", async () => {
  const { group, syncs } = stage();
  const write = group.commit((tx) => insertUser(tx, person("a")));
  await turn();
  syncs[0]?.reject(new Error("the disk is gone"));
  await expect(write).rejects.toThrow("the disk is gone");
  const settled = group.settled();
  await turn();
  expect(syncs.length).toBe(2);
  syncs[1]?.resolve();
  await settled;
  await group.settled();
  expect(syncs.length).toBe(2);
});

test("the database's own: committed, synced, and every other transaction still syncs by itself", async () => {
  await Promise.all(["a", "b"].map((id) => db.commit((tx) => insertUser(tx, person(id)))));
  await db.settled();
  expect(findUser(db.orm, "b")?.id).toBe("b");
  expect(db.sqlite.query("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
});

test("a compiled query takes part in the transaction it is asked in", () => {
  findUser(db.orm, "a"); // compiled outside
  expect(() =>
    db.transaction((tx) => {
      insertUser(tx, person("a"));
      expect(findUser(tx, "a")?.id).toBe("a");
      throw new Error("back");
    }),
  ).toThrow("back");
  expect(findUser(db.orm, "a")).toBeUndefined();
});
