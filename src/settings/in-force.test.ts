import { afterEach, beforeEach, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { theConsole } from "../audit/record.ts";
import { loadConfig } from "../core/config.ts";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import { folderConfig, openTestBox, type TestBox } from "../forward/test-box.ts";
import { keepSettings, type SettingsKeeper } from "./keeper.ts";

let box: TestBox;
let file: Config;
let said: string[];
const hashKey = new Uint8Array(32).fill(1);
const by = theConsole();
beforeEach(() => {
  box = openTestBox();
  const defaults = loadConfig({ file: "relaypacs.toml", env: {}, readFile: () => "" });
  file = { ...defaults, destination: [folderConfig("given")] };
  said = [];
});
afterEach(() => box.close());
const keeper = (key = hashKey): SettingsKeeper =>
  keepSettings({
    db: box.db,
    hashKey: key,
    file,
    warn: (sentence) => said.push(sentence),
    onChange: () => {},
  });
const archive = {
  id: "added",
  kind: "stow-rs",
  url: "https://pacs.lan",
  auth: { type: "bearer", token: "t1" },
};
const entry = (of: SettingsKeeper, id = "added") => of.now().config.destination.find((it) => it.id === id);
/** What a removal is told of those who name it. */
function usersOf(of: SettingsKeeper): unknown {
  try {
    of.destinations.remove("added", by);
    return null;
  } catch (error) {
    return error instanceof RelayError ? error.details.members?.used_by : error;
  }
}

test("a secret whose key is gone is empty, and the box starts", () => {
  keeper().destinations.add(archive, by);
  expect(entry(keeper())).toEqual(archive as never);
  const elsewhere = keeper(new Uint8Array(32));
  expect(entry(elsewhere)).toEqual({ ...archive, auth: { type: "bearer", token: "" } } as never);
});

test("what an older version kept and this one does not take is set aside, and said", () => {
  keeper().destinations.add(archive, by);
  box.db.sqlite.run("UPDATE added_destination SET kind = 'carrier-pigeon'");
  expect(entry(keeper())).toBeUndefined();
  expect(said).toEqual([expect.stringContaining('"added" that was added cannot be used: kind must be')]);
});

test("one whose file is gone since, or whose address no client reads, keeps no box from starting, and is told", () => {
  const ca = join(box.folder, "ca.pem");
  writeFileSync(ca, "");
  const settings = keeper();
  settings.destinations.add({ ...archive, tls: { ca } }, by);
  settings.destinations.add({ ...archive, id: "other" }, by);
  expect(keeper().unfit()).toEqual(new Map());
  rmSync(ca);
  box.db.sqlite.run(
    `UPDATE added_destination SET settings = json_set(settings, '$.url', 'https://') WHERE id = 'other'`,
  );
  const started = keeper();
  expect([...started.unfit()].map(([id, { path }]) => `${id} ${path}`)).toEqual(["added tls.ca", "other url"]);
  expect(said).toEqual([
    `The destination "added" cannot be sent to: tls.ca the file ${ca} does not exist.`,
    expect.stringContaining('The destination "other" cannot be sent to: url must be an address with a host'),
  ]);
  expect(started.destination("given")).toBeDefined();
  writeFileSync(ca, "");
  expect([...started.unfit().keys()]).toEqual(["other"]);
});

test("a destination whose entry stays the same stays at work", () => {
  const settings = keeper();
  settings.destinations.add(archive, by);
  const before = [settings.destination("given"), settings.destination("added")];
  settings.destinations.change("added", { ...archive, notes_as: "none" }, by);
  expect(settings.destination("given")).toBe(before[0]);
  expect(settings.destination("added")).not.toBe(before[1]);
});

test("rules that name what the file gave once are told of, and keep no box from starting", () => {
  keeper().routes.add({ name: "r", to: ["given"] }, by);
  file = { ...file, destination: [folderConfig("other")] };
  expect(keeper().now().config.route).toHaveLength(1);
  expect(said).toEqual(['The rule "r" names no destination with given.']);
});

test("whatever names a destination keeps it: rules, fallbacks, deliveries, uploads, QR codes", () => {
  const settings = keeper();
  settings.destinations.add(archive, by);
  settings.destinations.add({ id: "other", kind: "folder", path: "x", fallback: "added" }, by);
  const rule = settings.routes.add({ name: "r", to: ["added"] }, by);
  const parked = box.accept({ destinationIds: ["added"] });
  box.db.sqlite.run("UPDATE delivery SET state = 'parked' WHERE id = ?", [parked.deliveryId]);
  box.accept({ destinationIds: ["added"] });
  const asking = box.upload();
  box.db.sqlite.run(`UPDATE upload SET state = 'receiving', destination_ids = '["added"]' WHERE id = ?`, [asking]);
  expect(usersOf(settings)).toEqual([
    'the rule "r"',
    'the destination "other" (its fallback)',
    "2 deliveries that are not over",
    "1 upload that asks for it",
  ]);
  box.db.sqlite.run("UPDATE delivery SET state = 'discarded'");
  box.db.sqlite.run("UPDATE upload SET state = 'failed'");
  settings.routes.remove(rule, by);
  expect(usersOf(settings)).toEqual(['the destination "other" (its fallback)']);
  settings.destinations.remove("other", by);
  expect(usersOf(settings)).toBeNull();
  expect(entry(settings)).toBeUndefined();
});

test("what cannot be made is not kept", () => {
  const settings = keeper();
  const circle = (id: string, fallback: string) => ({ id, kind: "folder", path: "x", fallback });
  settings.destinations.add(circle("a", "given"), by);
  settings.destinations.add(circle("b", "a"), by);
  expect(() => settings.destinations.change("a", circle("a", "b"), by)).toThrow(RelayError);
  expect(entry(keeper(), "a")).toMatchObject({ fallback: "given" });
});
