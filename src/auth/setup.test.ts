import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../db/database.ts";
import { freshSetupCode, makeSetupCode, setUp } from "./setup.ts";

test("a code is good for 30 minutes that the box runs, whatever its wall clock says (T29)", async () => {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-setup-"));
  let [wall, monotonic] = [1_700_000_000_000, 0];
  const db = openDatabase(folder, { clocks: { wall: () => wall, monotonic: () => monotonic } });
  try {
    const asked = (code: string) => setUp(db, { code, username: "head", password: "a long enough password" });
    const late = makeSetupCode(db);
    monotonic += 30 * 60_000;
    expect(asked(late)).rejects.toThrow("30 minutes");
    const code = makeSetupCode(db);
    monotonic += 29 * 60_000;
    wall += 24 * 3_600_000;
    expect(await asked(code)).toMatchObject({ username: "head", role: "admin" });
    // Also where the administrator was made in the middle of a start: that is no reason to fail.
    expect(freshSetupCode(db)).toBeUndefined();
    expect(() => makeSetupCode(db)).toThrow("administrator already");
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
});
