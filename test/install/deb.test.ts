import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packDeb } from "../../scripts/release/deb.ts";
import { relaypacs } from "../cli/binary.ts";
import { testPassword } from "../support/box.ts";
import { writeBroken } from "../support/broken-release.ts";
import { freePort } from "../support/child.ts";
import { type Client, signIn } from "../support/client.ts";
import { type DebianRoot, startDebianRoot } from "../support/debian-root.ts";
import { type HalfSent, sendHalf } from "../support/half-sent.ts";
import { madeBytes } from "../support/made-instance.ts";

const architecture = process.arch === "arm64" ? "arm64" : "amd64";
const folder = mkdtempSync(join(tmpdir(), "relaypacs-deb-test-"));
const image = (uid: string) => madeBytes({ study: `2.25.${uid}`, sop: `2.25.${uid}.1`, pixels: 60_000 });

let machine: DebianRoot;
let port: number;
let client: Client;
let half: HalfSent;
beforeAll(async () => {
  machine = await startDebianRoot();
  port = await freePort();
  mkdirSync(machine.path("/etc/relaypacs"), { recursive: true });
  writeFileSync(
    machine.path("/etc/relaypacs/relaypacs.toml"),
    `listen = "127.0.0.1:${port}"\ntls.mode = "off"\n[auth]\nrequire_totp_for = []\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n`,
  );
});
afterAll(async () => {
  await machine?.end(); // it is not there when its start failed
  rmSync(folder, { recursive: true });
});

const dpkg = (...args: string[]) => machine.run(["dpkg", "--no-triggers", ...args]);
/** Packs a version and installs it there. */
function install(version: string, executable = relaypacs[0] ?? "") {
  packDeb({ version, epoch: 1_780_000_000, out: machine.path("/media"), effort: 0 }, architecture, executable);
  return dpkg("--install", `/media/relaypacs_${version}_${architecture}.deb`);
}
const url = () => `http://127.0.0.1:${port}`;
const serves = async () => (await fetch(`${url()}/health`).catch(() => null))?.ok === true;
const policy = (code: number) => {
  writeFileSync(machine.path("/usr/sbin/policy-rc.d"), `#!/bin/sh\nexit ${code}\n`);
  chmodSync(machine.path("/usr/sbin/policy-rc.d"), 0o755);
};

test("installed where policy-rc.d forbids it, nothing starts; then it serves, and delivers", async () => {
  policy(101);
  expect((await install("0.1.0")).code).toBe(0);
  expect(await serves()).toBe(false);
  expect((await machine.run(["systemctl", "is-enabled", "relaypacs"])).stdout).toBe("enabled\n");
  policy(0);
  expect((await machine.run(["systemctl", "start", "relaypacs"])).code).toBe(0);
  const add = (name: string, role: string) =>
    machine.run(
      ["runuser", "-u", "relaypacs", "--", "relaypacs", "user", "add", name, "--role", role, "--password-stdin"],
      { stdin: testPassword },
    );
  expect([(await add("boss", "admin")).code, (await add("rad", "radiographer")).code]).toEqual([0, 0]);
  client = await signIn(url, "rad", testPassword);
  expect((await client.send([{ name: "a.dcm", bytes: image("601") }])).state).toBe("delivered");
});

test("install.sh leaves it to apt", async () => {
  copyFileSync(join(import.meta.dir, "../../install.sh"), machine.path("/media/install.sh"));
  const { code, stderr } = await machine.run(["sh", "/media/install.sh", "--yes"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("as a Debian package")]);
});

test("an upgrade in the middle of an upload loses nothing of it", async () => {
  half = await sendHalf(client, image("602"));
  const before = (await machine.run(["systemctl", "show", "-P", "MainPID", "relaypacs"])).stdout;
  expect(await install("0.1.1")).toMatchObject({ code: 0, stderr: "" });
  expect((await machine.run(["systemctl", "show", "-P", "MainPID", "relaypacs"])).stdout).not.toBe(before);
  expect((await client.status(half.uploadId)).uploaded_bytes).toBe(half.sentBytes);
  expect((await machine.run(["ls", "/usr/lib/relaypacs"])).stdout).toBe("as-service\nrelaypacs\n");
});

test("a version that does not come up gives way to the one before, with its database; dpkg is told", async () => {
  const broken = writeBroken(join(folder, "broken"), "/usr/lib/relaypacs/relaypacs.before");
  const failed = await install("0.2.0", broken);
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining("0.1.1 runs as before")]);
  await half.rest();
  // dpkg has the new one half-way; trying that again changes nothing, another version mends it.
  expect((await dpkg("--configure", "relaypacs")).code).toBe(1);
  expect((await install("0.2.1")).code).toBe(0);
  expect(await serves()).toBe(true);
});

test("removing leaves everything; a purge is refused while a study is undelivered", async () => {
  const open = await client.init({ total_files: 1, total_size_bytes: 10 });
  const refused = await dpkg("--purge", "relaypacs");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("are not delivered")]);
  expect([await serves(), existsSync(machine.path("/usr/lib/relaypacs"))]).toEqual([false, false]);

  expect((await install("0.2.1")).code).toBe(0);
  expect((await client.status(open.upload_id)).state).toBe("receiving");
  await client.request("DELETE", `/upload/${open.upload_id}`);
  expect(await dpkg("--purge", "relaypacs")).toMatchObject({ code: 0, stderr: "" });
  for (const path of ["/usr/lib/relaypacs", "/etc/relaypacs", "/var/lib/relaypacs", "/usr/bin/relaypacs"])
    expect(existsSync(machine.path(path))).toBe(false);
  expect((await machine.run(["id", "relaypacs"])).code).toBe(1);
});
