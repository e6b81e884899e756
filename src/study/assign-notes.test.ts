import { afterAll, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { theBox } from "../audit/record.ts";
import type { Config } from "../core/config-schema.ts";
import { addFindings, findingsOf } from "../db/uploads.ts";
import { openTestBox } from "../forward/test-box.ts";
import { FakeDestination } from "../forward/test-destination.ts";
import { createSpool } from "../upload/spool.ts";
import { assignNotes } from "./assign-notes.ts";

const box = openTestBox();
afterAll(() => box.close());

test("notes for a study whose delivery a person ended are refused, and stay to be given to another one", async () => {
  box.config.intake.notes_as = "sr";
  box.add(new FakeDestination("main"));
  const uploadId = box.upload();
  box.accept({ uploadId, decision: "needs_confirmation" });
  const [ended, goes] = [box.accept({ uploadId }), box.accept({ uploadId })];
  addFindings(box.db.orm, uploadId, [{ code: "notes_not_assigned", severity: "warning", message: "" }]);
  const spool = createSpool(box.folder, () => 0);
  mkdirSync(spool.folder(uploadId), { recursive: true });
  const config = () => ({ ...box.config, site_name: "Test" }) as Config;
  const deps = { db: box.db, spool, config, hashKey: new Uint8Array(32), now: box.now };
  const notes = { clinical_notes: "fall" };
  const waiting = () => findingsOf(box.db.orm, uploadId).map(({ code }) => code);
  for (const state of ["partial", "discarded", "cancelled"]) {
    box.db.sqlite.run("UPDATE delivery SET state = ? WHERE id = ?", [state, ended.deliveryId]);
    await expect(assignNotes(deps, uploadId, ended.studyInstanceUID, notes, theBox)).rejects.toMatchObject({
      code: "notes_not_sent",
    });
    expect(waiting()).toEqual(["notes_not_assigned"]);
  }
  await assignNotes(deps, uploadId, goes.studyInstanceUID, notes, theBox);
  expect(waiting()).toEqual([]);
  expect(box.delivery(goes.deliveryId).totalInstances).toBe(4);
});
