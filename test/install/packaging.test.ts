import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bashCompletion, manPage } from "../../scripts/release/command-docs.ts";
import { pack } from "../../scripts/release/pack.ts";
import { billOfMaterials, readLock } from "../../scripts/release/sbom.ts";
import { commandLine } from "../../src/commands/program.ts";
import { relaypacs } from "../cli/binary.ts";

const root = join(import.meta.dir, "../..");
const ran = (...argv: string[]) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { cwd: root });
  return { exitCode, said: `${stdout}${stderr}` };
};
const program = commandLine(async () => undefined);

test("install.sh is plain POSIX sh, without a complaint of shellcheck", () => {
  expect(ran("shellcheck", "-s", "sh", "install.sh")).toEqual({ exitCode: 0, said: "" });
});

test("the unit's exposure is 2.0 at most", () => {
  const { said } = ran("systemd-analyze", "security", "--offline=true", "packaging/relaypacs.service");
  expect(Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(2);
});

test("the same executable and time make the same archive, byte for byte", () => {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-packaging-"));
  try {
    writeFileSync(join(folder, "relaypacs"), "#!/bin/sh\n");
    const hashes = ["one", "two"].map((name) => {
      const out = join(folder, name);
      pack({ version: "1.2.3", epoch: 1_780_000_000, out }, "linux-x64", join(folder, "relaypacs"));
      const [archive = ""] = readdirSync(out);
      expect(archive).toBe("relaypacs-1.2.3-linux-x64.tar.gz");
      const listed = ran("tar", "-tvzf", join(out, archive)).said;
      expect(listed).not.toMatch(/ (?!0\/0)\S+\/\S+ +\d+ 20/);
      for (const name of [
        "relaypacs",
        "relaypacs.service",
        "relaypacs.toml",
        "relaypacs.1",
        "sbom.cdx.json",
        "licences/7-Zip.txt",
      ])
        expect(listed).toContain(` ./${name}\n`);
      return createHash("sha256")
        .update(readFileSync(join(out, archive)))
        .digest("hex");
    });
    expect(hashes[0]).toBe(hashes[1] ?? "");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the executable does not say where it was built: another folder makes the same bytes", () => {
  const [program = "", ...fromSource] = relaypacs;
  if (fromSource.length === 0) expect(readFileSync(program).includes(root)).toBe(false);
});

test("the bill of materials names every package of the lock file once, with its hash", () => {
  const bill = JSON.parse(billOfMaterials(root, "1.2.3", "2026-01-01T00:00:00.000Z")) as {
    components: { purl: string; hashes?: unknown[]; licenses?: unknown[] }[];
  };
  const purls = bill.components.map(({ purl }) => purl);
  expect(purls).toHaveLength(Object.keys(readLock(root).packages).length);
  expect(purls.some((purl) => purl.startsWith("pkg:npm/elysia@"))).toBe(true);
  expect(purls.some((purl) => purl.startsWith("pkg:npm/%40sinclair/typebox@"))).toBe(true);
  for (const { hashes } of bill.components) expect(hashes).toHaveLength(1);
});

test("the completion offers what the command line has, and bash takes it", () => {
  const complete = (...typed: string[]) => {
    const script = `${bashCompletion(program)}
COMP_WORDS=(${typed.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${typed.length - 1}; _relaypacs; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return ran("bash", "-c", script).said.trim().split("\n");
  };
  expect(complete("relaypacs", "back")).toEqual(["backup"]);
  expect(complete("relaypacs", "user", "res")).toEqual(["reset-password", "reset-totp"]);
  expect(complete("relaypacs", "doctor", "--")).toContain("--json");
});

test("the manual names every command", () => {
  const page = manPage(program, "1.2.3", "2026-01-01").replaceAll("\\-", "-");
  for (const name of [
    "serve",
    "backup verify <file>",
    "restore <file>",
    "user add <name>",
    "audit export",
    "key rotate",
  ])
    expect(page).toContain(`.SS relaypacs ${name}`);
});
