import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { run } from "../cli/binary.ts";
import { type Box, startBox } from "../support/box.ts";
import type { Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

setDefaultTimeout(60_000);

/** Stands nowhere but in the archive's head: a search for it finds what got out. */
const [password, key] = ["QZXSEALED-password", "QZXSEALED-header"];
const given = `[[destination]]\nid = "given"\nkind = "folder"\npath = "received"\n[[route]]\nname = "by file"\nwhen = { modality = ["XA"] }\nto = ["given"]\n`;
const authorization = `Basic ${Buffer.from(`relay:${password}`).toString("base64")}`;

let box: Box;
let pacs: FakePacs;
let admin: Client;
let sender: Client;
/** Every answer, so that it can be searched. */
const answers: string[] = [];
const settings = () => ({
  id: "added",
  kind: "stow-rs",
  url: pacs.dicomWebUrl,
  auth: { type: "basic", username: "relay", password },
  headers: { "x-api-key": key },
});
beforeAll(async () => {
  pacs = await startFakePacs({ authorization });
  box = await startBox(given);
  [admin, sender] = [await box.client("admin"), await box.client("radiographer")];
});
afterAll(async () => {
  await box.stop();
  await pacs.stop();
});

async function ask(method: string, path: string, body?: unknown) {
  const answer = await admin.request(method, `/admin/${path}`, body === undefined ? {} : { body });
  const text = await answer.text();
  answers.push(text);
  return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
}
/** Which fields of a request were wrong. */
const wrong = async (method: string, path: string, body: unknown) => {
  const { status, body: problem } = await ask(method, path, body);
  return [status, ...(problem.errors ?? []).map((it: { path: string }) => it.path)];
};
let n = 0;
/** Sends a CT image; answers where it went and what became of it. */
async function send(init: Record<string, unknown> = {}) {
  n += 1;
  const bytes = madeBytes({ study: `2.25.77${n}`, sop: `2.25.77${n}.1` });
  const { state, studies } = await sender.send([{ name: "a.dcm", bytes }], init);
  return [state, ...(studies[0]?.deliveries ?? []).map(({ destination_id }) => destination_id)];
}
const toAdded = { study_metadata: { destination_ids: ["added"] } };
const cli = (...args: string[]) => run([...args, "--config", box.configFile]);
const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name));

test("a destination that is added takes studies at once, and its secrets are shown to nobody", async () => {
  const added = await ask("POST", "destinations", settings());
  expect(added).toMatchObject({
    status: 201,
    body: { destination_id: "added", provisioned: false, state: "up", changed_by: "admin" },
  });
  expect(added.body.settings).toEqual({
    ...settings(),
    auth: { type: "basic", username: "relay", password: { set: true } },
    headers: { "x-api-key": { set: true } },
  });
  expect(await send(toAdded)).toEqual(["delivered", "added"]);
  expect(pacs.stores.at(-1)?.headers["x-api-key"]).toBe(key);
  expect((await ask("POST", "destinations", settings())).body.code).toBe("destination_exists");
});

test("an edit that does not give the secrets keeps them, unless they would be shown to another", async () => {
  const { settings: shown } = (await ask("GET", "destinations")).body.destinations[1];
  const kept = { ...shown, notes_as: "none", auth: { type: "basic", username: "relay" } };
  expect((await ask("PUT", "destinations/added", kept)).body.settings).toEqual({ ...shown, notes_as: "none" });
  expect(await send(toAdded)).toEqual(["delivered", "added"]);
  const elsewhere = { ...shown, url: "http://127.0.0.1:9/dicom-web" };
  expect(await wrong("PUT", "destinations/added", elsewhere)).toEqual([422, "auth.password", "headers.x-api-key"]);
  expect(await wrong("PUT", "destinations/added", { ...shown, id: "other" })).toEqual([422, "id"]);
});

test("a wrong address is mended at once: what waited for it goes", async () => {
  expect((await ask("PUT", "destinations/added", { ...settings(), url: "http://127.0.0.1:9/" })).status).toBe(200);
  const opened = await sender.upload([{ name: "a.dcm", bytes: madeBytes({ study: "2.25.7700" }) }], toAdded);
  await sender.complete(opened);
  const down = async () => (await ask("GET", "destinations")).body.destinations[1].state === "down";
  while (!(await down())) await sender.status(opened.upload_id);
  expect((await ask("PUT", "destinations/added", settings())).body.state).toBe("up");
  expect(await sender.reach(opened.upload_id, new Set(["delivered"]), 20_000)).toMatchObject({ state: "delivered" });
});

test("what the file gives is read-only, and the refusal says where to change it", async () => {
  const folder = { id: "given", kind: "folder", path: "x" };
  for (const [method, path, body] of [
    ["PUT", "destinations/given", folder],
    ["DELETE", "destinations/given", undefined],
    ["PUT", "routes/file-1", { name: "x", to: ["given"] }],
    ["DELETE", "routes/file-1", undefined],
  ] as const) {
    const { status, body: problem } = await ask(method, path, body);
    expect([status, problem.code]).toEqual([409, "provisioned"]);
    expect(problem.detail).toContain("configuration file");
  }
  expect((await ask("POST", "destinations", folder)).body.code).toBe("destination_exists");
  expect((await ask("DELETE", "destinations/nowhere")).status).toBe(404);
});

describe("a destination is checked as one of the file, and more narrowly", () => {
  const web = (more: object) => ({ id: "x", kind: "stow-rs", url: "https://pacs.lan", ...more });
  const basic = (more: object) => web({ auth: { type: "basic", username: "u", password: "p", ...more } });
  const peer = { id: "x", kind: "c-store", host: "pacs.lan", port: 104, called_ae_title: "A" };
  test.each([
    ["an unknown kind", web({ kind: "ftp" }), ["kind"]],
    ["an unknown key", web({ urll: "x" }), ["urll"]],
    ["an id that cannot be one", web({ id: "a b" }), ["id"]],
    ["an address without a host", web({ url: "https://" }), ["url"]],
    ["a metadata address (T13)", web({ url: "http://169.254.169.254/" }), ["url"]],
    ["the same in disguise", web({ url: "http://2852039166/" }), ["url"]],
    ["the same for C-STORE", { ...peer, host: "169.254.169.254" }, ["host"]],
    ["a name of it", { ...peer, host: "metadata.google.internal" }, ["host"]],
    ["a password in the address", web({ url: "https://u:p@pacs.lan" }), ["url"]],
    ["a secret out of the environment", basic({ password: { env: "PATH" } }), ["auth.password"]],
    ["a secret out of a file", basic({ password: { file: "/etc/passwd" } }), ["auth.password"]],
    ["a kept secret that was never given", basic({ password: { set: true } }), ["auth.password"]],
    ["a certificate file that is not there", web({ tls: { ca: "/nowhere.pem" } }), ["tls.ca"]],
    ["a fallback that is not there", { ...peer, fallback: "nowhere" }, ["fallback"]],
    ["a fallback to itself", { ...peer, fallback: "x" }, ["fallback"]],
    ["a title that is too long", { ...peer, called_ae_title: "SEVENTEEN_LETTERS" }, ["called_ae_title"]],
  ])("%s", async (_name, body, paths) => expect(await wrong("POST", "destinations", body)).toEqual([422, ...paths]));
});

test("a rule that is added routes the next study; an added destination that is named stays", async () => {
  expect(await send()).toEqual(["delivered", "given"]);
  expect(await wrong("POST", "routes", { name: "ct", when: { modalty: "CT" }, to: ["nowhere"] })).toEqual([
    422,
    "when.modalty",
  ]);
  expect(await wrong("POST", "routes", { name: "ct", to: ["nowhere"] })).toEqual([422, "to[0]"]);
  const rule = { name: "ct", when: { modality: ["CT"] }, to: ["added"] };
  const { status, body: made } = await ask("POST", "routes", rule);
  expect([status, made]).toEqual([201, expect.objectContaining({ ...rule, position: 2, provisioned: false })]);
  expect(await send()).toEqual(["delivered", "added"]);

  const second = (await ask("POST", "routes", { name: "again", when: { modality: "CT" }, to: ["added"] })).body;
  expect((await ask("GET", "routes")).body.faults).toMatchObject([
    { rule: "again", position: 3, code: "adds_nothing" },
  ]);
  const order = { route_ids: [second.route_id, made.route_id] };
  const names = (await ask("PUT", "routes/order", order)).body.routes.map(({ name }: { name: string }) => name);
  expect(names).toEqual(["by file", "again", "ct"]);
  for (const route_ids of [[second.route_id], [second.route_id, second.route_id], ["file-1", made.route_id]])
    expect((await ask("PUT", "routes/order", { route_ids })).body.code).toBe("route_order_outdated");
  expect((await ask("DELETE", `routes/${second.route_id}`)).status).toBe(204);

  const refused = await ask("DELETE", "destinations/added");
  expect(refused).toMatchObject({ status: 409, body: { code: "destination_in_use", used_by: ['the rule "ct"'] } });
  expect(refused.body.detail).toContain('the rule "ct"');
  const changed = { name: "ct", when: { modality: ["CT"], service_level: "stat" }, to: ["added"] };
  expect((await ask("PUT", `routes/${made.route_id}`, changed)).body).toMatchObject(changed);
  expect(await send()).toEqual(["delivered", "given"]);
});

test("the command line shows them", async () => {
  const listed = (await cli("destination", "list")).stdout.split("\n").map((line) => line.trim().split(/\s+/));
  expect(listed).toContainEqual(["added", "stow-rs", pacs.dicomWebUrl, "-", "-", "screens"]);
  expect(await cli("destination", "test", "added")).toMatchObject({ code: 0 });
  const file = join(box.dataDir, "..", "ct.dcm");
  await Bun.write(file, madeBytes());
  expect((await cli("route", "try", file, "--stat")).stdout).toContain("+ ct: ");
  expect((await cli("doctor")).stdout).toContain("ok    destination added, ");
  expect(await ask("POST", "destinations/added/test", {})).toMatchObject({ body: { ok: true } });
});

test("all of it outlives a restart, a rotated key and a backup that is restored elsewhere", async () => {
  expect((await cli("key", "rotate")).code).toBe(0);
  await box.terminate();
  await box.start();
  expect(await send({ study_metadata: { service_level: "stat" } })).toEqual(["delivered", "added"]);

  const folder = mkdtempSync(join(tmpdir(), "relaypacs-added-"));
  try {
    const [copy, config] = [join(folder, "copy"), join(folder, "relaypacs.toml")];
    await Bun.write(config, `listen = "127.0.0.1:0"\ntls.mode = "off"\ndata_dir = "${join(folder, "data")}"\n${given}`);
    expect((await cli("backup", copy)).code).toBe(0);
    expect((await run(["restore", copy, "--config", config])).code).toBe(0);
    // The archive lets in whoever knows the password.
    expect((await run(["destination", "test", "added", "--config", config])).code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a destination that the file comes to give is the file's, as long as it does", async () => {
  const folder = `${given}[[destination]]\nid = "added"\nkind = "folder"\npath = "other"\n`;
  expect(await box.reload(folder)).toBe(true);
  expect(box.errors.join("\n")).toContain('gives a destination "added": the one that was added is not used');
  expect((await ask("DELETE", "destinations/added")).body.code).toBe("provisioned");
  expect(await box.reload(given)).toBe(true);
  expect(await send(toAdded)).toEqual(["delivered", "added"]);
});

test("every change is in the audit, by the names of its fields; what is named no more can be removed", async () => {
  const { routes } = (await ask("GET", "routes")).body;
  expect((await ask("DELETE", `routes/${routes[1].route_id}`)).status).toBe(204);
  expect((await ask("DELETE", "destinations/added")).status).toBe(204);
  expect((await ask("GET", "destinations")).body.destinations).toHaveLength(1);
  const { entries, complete } = (await ask("GET", "audit?limit=200")).body;
  expect(complete).toBe(true);
  const deeds = entries.filter(({ event }: { event: string }) => /^(destination|route)\./.test(event)).reverse();
  expect(deeds.map(({ event }: { event: string }) => event)).toEqual([
    ...["destination.added", "destination.changed", "destination.changed", "destination.changed"],
    ...["route.added", "route.added", "route.ordered", "route.removed", "route.changed"],
    ...["route.removed", "destination.removed"],
  ]);
  expect(deeds[0]).toMatchObject({
    actor_name: "admin",
    details: { destination_id: "added", kind: "stow-rs", fields: expect.stringContaining("auth.password") },
  });
  expect(deeds[1].details.fields).toBe("notes_as");
  expect(deeds[2].details.fields).toBe("notes_as,url");
});

test("a box starts with destinations that are no longer good, says so, shows them, and sends to the others", async () => {
  const ca = join(box.dataDir, "ca.pem");
  await Bun.write(ca, "-");
  const gone = { id: "gone", kind: "stow-rs", url: "https://pacs.lan", tls: { ca } };
  expect((await ask("POST", "destinations", gone)).status).toBe(201);
  expect((await ask("POST", "destinations", { ...settings(), id: "older" })).status).toBe(201);
  rmSync(ca);
  await box.terminate();
  const db = new Database(join(box.dataDir, "relaypacs.db"));
  db.run("UPDATE added_destination SET kind = 'carrier-pigeon' WHERE id = 'older'");
  db.close();
  await box.start();
  const rows = (await ask("GET", "destinations")).body.destinations.slice(1);
  const faults = rows.map((it: { destination_id: string; state: string; error: { code: string; message: string } }) =>
    [it.destination_id, it.state, it.error.code, it.error.message.split(" ")[0]].join(),
  );
  expect(faults).toEqual(["gone,down,destination_unfit,tls.ca", "older,down,destination_unfit,kind"]);
  expect(box.events("destination.unfit").map((it) => `${it.destination_id} ${it.fields}`)).toEqual([
    "gone tls.ca",
    "older kind",
  ]);
  expect(box.errors.join("\n")).toContain(`The destination "gone" cannot be sent to: tls.ca the file ${ca}`);
  expect(await send()).toEqual(["delivered", "given"]);
  for (const id of ["gone", "older"]) expect((await ask("DELETE", `destinations/${id}`)).status).toBe(204);
});

test("the secrets are in no file, answer or line of the log", async () => {
  const exported = await admin.request("GET", "/admin/audit/export?format=jsonl");
  const told = [...answers, ...box.lines, ...box.errors, await exported.text()].join("\n");
  expect(told).not.toContain("QZXSEALED");
  const holding = filesBelow(box.dataDir).filter((file) => readFileSync(file).includes("QZXSEALED"));
  expect(holding).toEqual([]);
});
