import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { run } from "./binary.ts";

let folder: string;
let config: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-cli-"));
  config = join(folder, "relaypacs.toml");
  writeFileSync(
    config,
    `listen = "127.0.0.1:0"
data_dir = "${join(folder, "data")}"
tls.mode = "off"
[limits]
min_free_disk_bytes = 0
[[destination]]
id = "folder"
kind = "folder"
path = "received"
[[destination]]
id = "gone"
kind = "orthanc"
url = "http://user:hunter22@127.0.0.1:9/orthanc"
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));
const configured = (...args: string[]) => run([...args, "--config", config]);

describe("exit codes", () => {
  test.each([
    ["version", 0],
    ["--version", 0],
    ["help", 0],
    ["--help", 0],
    ["help serve", 0],
    ["user --help", 0],
    ["", 2],
    ["nonsense", 2],
    ["user", 2],
    ["serve --nonsense", 2],
    ["user add anna", 2],
    ["user add anna --role king --password-stdin", 2],
    ["serve --config /nowhere.toml", 2],
  ] as const)("%s: %d", async (line, code) => {
    expect((await run(line === "" ? [] : line.split(" "))).code).toBe(code);
  });
});

test("the version is the package's", async () => {
  expect((await run(["--version"])).stdout).toStartWith(`relaypacs ${manifest.version}`);
  expect(JSON.parse((await run(["version", "--json"])).stdout).version).toBe(manifest.version);
});

test("a wrong configuration ends with 2 and names the key", async () => {
  writeFileSync(config, 'listem = "x"\n');
  const { code, stdout, stderr } = await configured("serve");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("listem: is not a known key; did you mean listen?");
});

test("an unknown variable ends with 2", async () => {
  const { code, stderr } = await run(["destination", "list", "--config", config], { env: { RELAYPACS_LISTEM: "x" } });
  expect(code).toBe(2);
  expect(stderr).toContain("RELAYPACS_LISTEM");
});

describe("accounts", () => {
  const add = (name: string, password: string) =>
    run(["user", "add", name, "--role", "admin", "--password-stdin", "--config", config], { stdin: password });

  test("are added, listed and disabled", async () => {
    expect((await add("anna", "correct horse\n")).code).toBe(0);
    expect((await configured("user", "list")).stdout).toContain("anna  admin");
    expect((await configured("user", "disable", "anna")).code).toBe(0);
    const [anna] = JSON.parse((await configured("user", "list", "--json")).stdout);
    expect(anna).toMatchObject({ username: "anna", role: "admin" });
    expect(anna.disabled_at).toMatch(/^\d{4}-/);
  });

  test("a second account of the same name fails, and no password is shown", async () => {
    await add("anna", "correct horse");
    const { code, stdout, stderr } = await add("anna", "battery staple");
    expect(code).toBe(1);
    expect(stderr).toContain("There is a user of that name already");
    expect(stdout + stderr).not.toContain("battery");
  });

  test("no password, no account", async () => {
    expect((await add("anna", "")).code).toBe(2);
    expect((await configured("user", "add", "anna", "--role", "admin")).code).toBe(2);
    expect((await configured("user", "disable", "nobody")).code).toBe(1);
  });
});

describe("destinations", () => {
  test("are listed without the secrets of an address", async () => {
    const { stdout } = await configured("destination", "list");
    expect(stdout).toContain("folder");
    expect(stdout).toContain("http://127.0.0.1:9/orthanc");
    expect(stdout).not.toContain("hunter22");
    expect(JSON.parse((await configured("destination", "list", "--json")).stdout)).toHaveLength(2);
  });
  test("are checked live", async () => {
    expect((await configured("destination", "test", "folder")).code).toBe(0);
    const { code, stdout } = await configured("destination", "test", "gone");
    expect(code).toBe(1);
    expect(stdout).toContain("->");
    expect((await configured("destination", "test", "nobody")).code).toBe(2);
  });
  test("are tried with a marked image; what that teaches is kept once there is a database", async () => {
    const add = ["user", "add", "anna", "--role", "admin", "--password-stdin", "--config", config];
    expect((await run(add, { stdin: "a long enough password" })).code).toBe(0);
    const { code, stdout } = await configured("destination", "test", "folder", "--store");
    expect(code).toBe(0);
    for (const name of ["Folder is writable", "Test image stored", "Test image verified", "The same once more"])
      expect(stdout).toContain(`ok    ${name}: `);
    const later = JSON.parse((await configured("destination", "test", "folder", "--json")).stdout);
    expect(later).toMatchObject({ ok: true, capability: { queries: true, again: "accepted", refused_bytes: null } });
  });
});

describe("doctor", () => {
  test("tells each check in a line, with the fix of what fails", async () => {
    const { code, stdout } = await configured("doctor");
    expect(code).toBe(1);
    for (const name of ["configuration", "data folder", "free disk", "clock", "certificate", "archives"]) {
      expect(stdout).toMatch(new RegExp(`^ok    ${name}: `, "m"));
    }
    expect(stdout).toMatch(/^FAIL {2}destination gone.*\n {6}-> /m);
  });
  test("--json, and a wrong configuration is a failed check", async () => {
    writeFileSync(config, "listen = 1\n");
    const { code, stdout } = await configured("doctor", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, checks: [{ name: "configuration", ok: false }] });
  });
  test("leaves nothing behind where there is no data folder yet", async () => {
    writeFileSync(config, `listen = "127.0.0.1:0"\ndata_dir = "${join(folder, "data")}"\ntls.mode = "off"\n`);
    await configured("doctor");
    expect(readdirSync(folder)).toEqual(["relaypacs.toml"]);
  });
});

test("route try tells of a file that is none", async () => {
  const { code, stderr } = await configured("route", "try", config);
  expect(code).toBe(2);
  expect(stderr).toContain("not a DICOM");
});
