import { afterAll, beforeAll, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, signRelease } from "../../scripts/release/pack.ts";
import { relaypacs } from "../cli/binary.ts";
import { testPassword } from "../support/box.ts";
import { writeBroken } from "../support/broken-release.ts";
import { freePort } from "../support/child.ts";
import { type Client, signIn } from "../support/client.ts";
import { type DebianRoot, startDebianRoot } from "../support/debian-root.ts";
import { type HalfSent, sendHalf } from "../support/half-sent.ts";
import { madeBytes } from "../support/made-instance.ts";

const target = `linux-${process.arch === "arm64" ? "arm64" : "x64"}`;
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "sec1", format: "pem" });
const folder = mkdtempSync(join(tmpdir(), "relaypacs-install-"));
const data = "/srv/images";
const image = (uid: string) => madeBytes({ study: `2.25.${uid}`, sop: `2.25.${uid}.1`, pixels: 60_000 });

let machine: DebianRoot;
let port: number;
let client: Client;
let half: HalfSent;
beforeAll(async () => {
  machine = await startDebianRoot();
  port = await freePort();
  mkdirSync(machine.path("/media/usb"), { recursive: true });
  mkdirSync(machine.path("/etc/relaypacs"), { recursive: true });
  // A site that keeps its settings out of the file: install.sh has to find folder and port as the service does.
  mkdirSync(machine.path("/etc/systemd/system/relaypacs.service.d"), { recursive: true });
  writeFileSync(
    machine.path("/etc/systemd/system/relaypacs.service.d/site.conf"),
    `[Service]\nEnvironment=RELAYPACS_DATA_DIR=${data}\nReadWritePaths=-${data}\n`,
  );
  writeFileSync(machine.path("/etc/relaypacs/environment"), `RELAYPACS_LISTEN=127.0.0.1:${port}\n`);
  await machine.run(["sh", "-c", `useradd --system relaypacs && install -d -o relaypacs ${data}`]);
  writeFileSync(
    machine.path("/etc/relaypacs/relaypacs.toml"),
    `tls.mode = "off"\n[auth]\nrequire_totp_for = []\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n`,
  );
  release("0.1.0", relaypacs[0] ?? "");
});
afterAll(async () => {
  await machine?.end(); // it is not there when its start failed
  rmSync(folder, { recursive: true });
});

/** A release folder on the stick with that version in it. */
function release(version: string, executable: string): void {
  const out = machine.path(`/media/usb/${version}`);
  pack({ version, epoch: 1_780_000_000, out, effort: 1 }, target, executable);
  signRelease(out, key.toString());
}
const install = (version: string, ...more: string[]) =>
  machine.run(["sh", `/media/usb/${version}/install.sh`, "--yes", ...more]);
const environment = () => [`RELAYPACS_DATA_DIR=${data}`, `RELAYPACS_LISTEN=127.0.0.1:${port}`];
const asService = (...args: string[]) => [
  "runuser",
  "-u",
  "relaypacs",
  "--",
  "env",
  ...environment(),
  "relaypacs",
  ...args,
];
const running = async () => (await machine.run(["readlink", "/opt/relaypacs/current"])).stdout.trim();
const url = () => `http://127.0.0.1:${port}`;

test("a dry run changes nothing and says what would be done", async () => {
  const { code, stdout } = await install("0.1.0", "--dry-run");
  expect(code).toBe(0);
  expect(stdout).toContain("would run: ln -sfn /opt/relaypacs/releases/0.1.0");
  expect(existsSync(machine.path("/opt/relaypacs"))).toBe(false);
});

test("a release that was changed, or signed by another, is not installed", async () => {
  const spoil = async (name: string, change: (path: string) => void) => {
    cpSync(machine.path("/media/usb/0.1.0"), machine.path("/media/usb/spoilt"), { recursive: true });
    change(machine.path(`/media/usb/spoilt/${name}`));
    const ran = await machine.run(["sh", "/media/usb/0.1.0/install.sh", "--yes", "--from", "/media/usb/spoilt"]);
    rmSync(machine.path("/media/usb/spoilt"), { recursive: true });
    return ran;
  };
  const archive = `relaypacs-0.1.0-${target}.tar.gz`;
  const change = (path: string) => {
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 5) ^ 1, bytes.length - 5);
    writeFileSync(path, bytes);
  };
  expect(await spoil(archive, change)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("not what was signed"),
  });
  for (const name of ["SHA256SUMS", "SHA256SUMS.sig"])
    expect(await spoil(name, change)).toMatchObject({ code: 1, stderr: expect.stringContaining("signature") });
  for (const name of ["SHA256SUMS", "SHA256SUMS.sig"])
    expect(await spoil(name, rmSync)).toMatchObject({ code: 1, stderr: expect.stringContaining("is missing") });
  expect(existsSync(machine.path("/opt/relaypacs"))).toBe(false);
});

test("installed from a folder it serves, as a user of its own, and prints a code for the first account", async () => {
  const { code, stdout, stderr } = await install("0.1.0");
  expect(code).toBe(0);
  expect(stdout).toContain("ready");
  expect(stderr).toContain("Enter this code on the page /setup");
  expect((await fetch(`${url()}/health`)).status).toBe(200);
  expect(await running()).toBe("/opt/relaypacs/releases/0.1.0");
  const { stdout: user } = await machine.run(["sh", "-c", "ps -o user= -p $(systemctl show -P MainPID relaypacs)"]);
  expect(user.trim()).toBe("relaypacs");

  const added = await machine.run(asService("user", "add", "rad", "--role", "radiographer", "--password-stdin"), {
    stdin: testPassword,
  });
  expect(added.code).toBe(0);
  await machine.run(asService("user", "add", "boss", "--role", "admin", "--password-stdin"), { stdin: testPassword });
  client = await signIn(url, "rad", testPassword);
  expect((await client.send([{ name: "a.dcm", bytes: image("501") }])).state).toBe("delivered");

  expect(await install("0.1.0")).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing to do") });
});

test("an upgrade in the middle of an upload loses nothing of it", async () => {
  release("0.1.1", relaypacs[0] ?? "");
  half = await sendHalf(client, image("502"));
  expect(await install("0.1.1")).toMatchObject({ code: 0, stderr: "" });
  expect(await running()).toBe("/opt/relaypacs/releases/0.1.1");
  expect((await client.status(half.uploadId)).uploaded_bytes).toBe(half.sentBytes);
});

test("an upgrade that does not come up goes back, with the database of before", async () => {
  const broken = writeBroken(join(folder, "broken"), "/opt/relaypacs/releases/0.1.1/relaypacs", data);
  release("0.2.0", broken);
  const { code, stderr } = await install("0.2.0");
  expect(code).toBe(1);
  expect(stderr).toContain("0.1.1 runs as before");
  expect(await running()).toBe("/opt/relaypacs/releases/0.1.1");

  expect((await half.rest()).studies).toHaveLength(1);
  expect((await machine.run(["ls", data])).stdout).not.toContain("before-");
});

test("a release under another key needs that key to be named", async () => {
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "sec1", format: "pem" });
  const out = machine.path("/media/usb/foreign");
  pack({ version: "0.3.0", epoch: 1_780_000_000, out, effort: 1 }, target, join(folder, "broken"));
  signRelease(out, other.toString());
  expect(await install("foreign")).toMatchObject({ code: 1, stderr: expect.stringContaining("another key signed it") });
});

test("uninstalling leaves studies and accounts; purging is refused while a study is undelivered", async () => {
  const bytes = image("503");
  const open = await client.init({ total_files: 1, total_size_bytes: bytes.length });
  const undelivered = await install("0.1.0", "--uninstall", "--purge");
  expect(undelivered.code).toBe(1);
  expect(undelivered.stdout).toContain("receiving");
  expect((await fetch(`${url()}/health`)).status).toBe(200);

  expect((await install("0.1.0", "--uninstall")).code).toBe(0);
  expect(existsSync(machine.path("/opt/relaypacs"))).toBe(false);
  expect(existsSync(machine.path(`${data}/relaypacs.db`))).toBe(true);

  expect((await install("0.1.1")).code).toBe(0);
  expect((await client.status(open.upload_id)).state).toBe("receiving");
  await client.request("DELETE", `/upload/${open.upload_id}`);
  // As an upgrade leaves it of which neither version came up, and a restore that was cut.
  mkdirSync(machine.path(`${data}/before-0.2.0`));
  for (const name of ["before-0.2.0/relaypacs.db", "relaypacs.db.restoring", "relaypacs.db.restoring-journal"])
    writeFileSync(machine.path(`${data}/${name}`), "");
  expect((await install("0.1.1", "--uninstall", "--purge")).code).toBe(0);
  for (const path of [
    "/opt/relaypacs",
    "/etc/relaypacs",
    "/var/lib/relaypacs",
    "/etc/systemd/system/relaypacs.service",
  ])
    expect(existsSync(machine.path(path))).toBe(false);
  // What the folder destination took is the hospital's.
  expect((await machine.run(["ls", data])).stdout).toBe("received\n");
  expect((await machine.run(["id", "relaypacs"])).code).toBe(1);
});
