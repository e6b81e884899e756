import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { deliveredObjects } from "../db/delivered.ts";
import { folderConfig, openTestBox } from "../forward/test-box.ts";
import { forgetMoved } from "./moved-destinations.ts";

let box: ReturnType<typeof openTestBox>;
beforeAll(() => {
  box = openTestBox();
});
afterAll(() => {
  box.db.close();
  rmSync(box.folder, { recursive: true, force: true });
});

test("an id that leads elsewhere has confirmed nothing there; another's confirmations and a restart change nothing", () => {
  const here = [folderConfig("a", { path: "one" }), folderConfig("b", { path: "two" })];
  forgetMoved(box.db, { destination: here });
  for (const id of ["a", "b"])
    box.db.sqlite.run("INSERT INTO delivered_object VALUES ('k', ?, 'r', '1.2', '[]', 0, '1.2.1', '1.2.1.1')", [id]);
  const known = () => deliveredObjects(box.db.orm, ["k"]).map(({ destinationId }) => destinationId);
  forgetMoved(box.db, { destination: here });
  expect(known().sort()).toEqual(["a", "b"]);
  forgetMoved(box.db, { destination: [folderConfig("a", { path: "elsewhere" }), folderConfig("b", { path: "two" })] });
  expect(known()).toEqual(["b"]);
});
