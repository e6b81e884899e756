import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { freePort, until } from "../support/child.ts";
import { type Client, type Opened, signIn } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-backup-test-"));
const passphrase = "correct horse battery staple";
const sealed = join(folder, "box.backup");
const patient = "QZXBACKUP^JANE";

let box: Box;
let client: Client;
let receiving: Opened;
let forwarding: string;
let delivered: string;
beforeAll(async () => {
  const nobody = await freePort();
  box = await startBox(
    `[[destination]]\nid = "gone"\nkind = "stow-rs"\nurl = "http://127.0.0.1:${nobody}"\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`,
  );
  client = await box.client();
  const image = (sop: string) => ({
    name: "a.dcm",
    bytes: madeBytes({ study: `2.25.99${sop}`, sop: `2.25.99${sop}.1` }),
  });
  const metadata = { patient_name: patient };
  delivered = (await client.send([image("1")], { study_metadata: { ...metadata, destination_ids: ["folder"] } }))
    .upload_id;
  receiving = await client.upload([image("2")], { study_metadata: metadata });
  const sent = await client.upload([image("3")], { study_metadata: { ...metadata, destination_ids: ["gone"] } });
  await client.complete(sent);
  forwarding = (await client.reach(sent.upload_id, new Set(["forwarding"]))).upload_id;
  const made = await cli(["backup", sealed, "--passphrase-stdin"], { stdin: `${passphrase}\n` });
  expect(made).toMatchObject({ code: 0, stdout: `Written and verified: ${sealed}\n`, stderr: "" });
});
afterAll(async () => {
  await box.stop();
  rmSync(folder, { recursive: true });
});

const cli = (args: readonly string[], options: { stdin?: string; config?: string } = {}) =>
  run(
    [...args, "--config", options.config ?? box.configFile],
    options.stdin === undefined ? {} : { stdin: options.stdin },
  );

test("T28: a copy under a passphrase gives nothing away, and is whole", async () => {
  expect(statSync(sealed).mode & 0o777).toBe(0o600);
  const bytes = readFileSync(sealed);
  for (const word of [patient, "SQLite format", "signing.jwk", "listen"]) expect(bytes.includes(word)).toBe(false);

  const { code, stdout } = await cli(["backup", "verify", sealed, "--passphrase-stdin", "--json"], {
    stdin: passphrase,
  });
  expect(code).toBe(0);
  const { parts, uploads } = JSON.parse(stdout) as { parts: string[]; uploads: number };
  expect(uploads).toBe(3);
  expect(parts).toContain("relaypacs.toml");
  expect(parts).toContain("keys/hash.key");
  expect(parts).toContain("keys/audit.key");
});

test.each([
  ["another passphrase", (file: string) => file, "wrong horse", "The passphrase is not the one"],
  ["no passphrase", (file: string) => file, undefined, "--passphrase-stdin"],
  ["a changed byte", (file: string) => changed(file, 90_000), passphrase, "changed"],
  ["a cut end", (file: string) => cut(file, 1), passphrase, "changed or cut"],
  ["an end cut off between two chunks", (file: string) => cutToChunk(file), passphrase, "changed or cut"],
])("%s is told", async (_, spoil, words, told) => {
  const spoilt = spoil(join(folder, `${crypto.randomUUID()}.backup`));
  if (!existsSync(spoilt)) writeFileSync(spoilt, readFileSync(sealed));
  const asked = words === undefined ? [] : ["--passphrase-stdin"];
  const { code, stderr } = await cli(
    ["backup", "verify", spoilt, ...asked],
    words === undefined ? {} : { stdin: words },
  );
  expect(code).toBe(1);
  expect(stderr).toContain(told);
});

function changed(path: string, at: number): string {
  const bytes = readFileSync(sealed);
  bytes.writeUInt8((bytes.readUInt8(at) + 1) % 256, at);
  writeFileSync(path, bytes);
  return path;
}
function cut(path: string, bytes: number): string {
  writeFileSync(path, readFileSync(sealed));
  truncateSync(path, statSync(path).size - bytes);
  return path;
}
const head = () => readFileSync(sealed).indexOf("\n") + 1;
const cutToChunk = (path: string) => {
  const chunk = 65_536 + 16;
  return cut(path, (statSync(sealed).size - head()) % chunk || chunk); // the last one may be a full one
};

test("without a passphrase the copy is plain, 0600, and a warning says so; nothing is ever overwritten", async () => {
  const plain = join(folder, "plain.backup");
  const { code, stderr } = await cli(["backup", plain]);
  expect(code).toBe(0);
  expect(stderr).toContain("--passphrase-stdin");
  expect(statSync(plain).mode & 0o777).toBe(0o600);
  expect((await cli(["backup", "verify", plain])).code).toBe(0);
  const again = await cli(["backup", plain]);
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("exists already");
});

test("T28: a box restored elsewhere knows its uploads, asks for what is missing, and no old token is good", async () => {
  const elsewhere = mkdtempSync(join(folder, "elsewhere-"));
  const config = join(elsewhere, "relaypacs.toml");
  writeFileSync(
    config,
    readFileSync(box.configFile, "utf8").replace(/data_dir = .*/, `data_dir = "${elsewhere}/data"`),
  );
  const restored = await cli(["restore", sealed, "--passphrase-stdin"], { stdin: passphrase, config });
  expect(restored).toMatchObject({ code: 0 });

  const other = await startBox("", { dataDir: join(elsewhere, "data"), notSetUp: true });
  try {
    const old = (path: string, token: string) =>
      fetch(other.url + path, { headers: { authorization: `Bearer ${token}` } });
    expect((await old("/uploads", client.token)).status).toBe(401);
    expect((await old(`/upload/${receiving.upload_id}/status`, receiving.upload_token)).status).toBe(401);

    const fresh = await signIn(() => other.url, "radiographer", testPassword);
    const asked = await fresh.status(receiving.upload_id);
    expect(asked).toMatchObject({ state: "receiving", uploaded_bytes: 0 });
    expect(await fresh.status(forwarding)).toMatchObject({ state: "failed", error: { code: "files_lost" } });
    expect(await fresh.status(delivered)).toMatchObject({ state: "delivered" });
    expect((await run(["audit", "verify", "--config", other.configFile])).code).toBe(0);
  } finally {
    await other.stop();
  }
});

test("a restore never touches a database that is there, nor a box that runs", async () => {
  const { code, stderr } = await cli(["restore", sealed, "--passphrase-stdin"], { stdin: passphrase });
  expect(code).toBe(1);
  expect(stderr).toContain("Another RelayPACS runs");
  const idle = mkdtempSync(join(folder, "idle-"));
  writeFileSync(join(idle, "relaypacs.db"), "");
  const config = join(idle, "relaypacs.toml");
  writeFileSync(config, `data_dir = "${idle}"\n`);
  const refused = await cli(["restore", sealed, "--passphrase-stdin"], { stdin: passphrase, config });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("There is a database");
});

test("the configuration comes back where there is none", async () => {
  const bare = mkdtempSync(join(folder, "bare-"));
  const config = join(bare, "etc", "relaypacs.toml");
  const plain = join(folder, "with-config.backup");
  await cli(["backup", plain]);
  const { code, stdout } = await run(["restore", plain, "--config", config], {
    env: { RELAYPACS_DATA_DIR: join(bare, "data") },
  });
  expect(code).toBe(0);
  expect(stdout).toContain(config);
  expect(readFileSync(config, "utf8")).toBe(readFileSync(box.configFile, "utf8"));
  expect(statSync(config).mode & 0o777).toBe(0o640);
});

test("the box copies itself, keeps the newest, and its copies forget what it forgets", async () => {
  const nightly = await startBox(
    `[backup]\nevery_hours = 0.00002\nkeep = 3\n[retention]\ndisplay_hours = 0.0002\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`,
  );
  const copies = () => {
    const all = existsSync(join(nightly.dataDir, "backups")) ? readdirSync(join(nightly.dataDir, "backups")) : [];
    return all.filter((name) => name.endsWith(".backup")).map((name) => join(nightly.dataDir, "backups", name));
  };
  const holding = () => copies().filter((path) => readFileSync(path).includes(patient));
  try {
    const sender = await nightly.client();
    const image = { name: "a.dcm", bytes: madeBytes({ study: "2.25.994", sop: "2.25.994.1" }) };
    const opened = await sender.upload([image], { study_metadata: { patient_name: patient } });
    await until("a copy that knows of the upload", () => holding().length > 0);
    await until("the newest three to be left", () => copies().length === 3);
    await sender.complete(opened);
    await sender.reach(opened.upload_id, new Set(["delivered"]));
    await until("the copies to forget", () => holding().length === 0);
    for (const path of copies()) expect(statSync(path).mode & 0o777).toBe(0o600);
  } finally {
    await nightly.stop();
  }
});
