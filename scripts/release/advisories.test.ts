import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { type Advisory, findings, pinnedPackages, readAdvisories } from "./advisories.ts";

const root = join(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "relaypacs-advisories-"));
afterAll(() => rmSync(folder, { recursive: true }));

const of = (id: string, name: string, events: object[], more: object = {}): Advisory & { modified: string } => ({
  id,
  modified: "2026-01-01T00:00:00Z",
  affected: [{ package: { ecosystem: "npm", name }, ranges: [{ type: "SEMVER", events }] }],
  ...more,
});
const hits = (version: string, events: object[], more: object = {}) =>
  findings([{ name: "x", version }], [of("A", "x", events, more)]).map(({ fixed }) => fixed);

test.each<[string, string, object[], (string | null)[]]>([
  ["below the fix", "1.2.2", [{ introduced: "0" }, { fixed: "1.2.3" }], ["1.2.3"]],
  ["the fix", "1.2.3", [{ introduced: "0" }, { fixed: "1.2.3" }], []],
  ["before it came in", "0.9.0", [{ introduced: "1.0.0" }, { fixed: "1.2.3" }], []],
  ["a pre-release of the fix", "1.2.3-rc.1", [{ introduced: "0" }, { fixed: "1.2.3" }], ["1.2.3"]],
  ["the last affected", "1.2.3", [{ introduced: "0" }, { last_affected: "1.2.3" }], [null]],
  ["after the last affected", "1.2.4", [{ introduced: "0" }, { last_affected: "1.2.3" }], []],
  ["never fixed", "9.0.0", [{ introduced: "0" }], [null]],
  [
    "the second line",
    "2.0.1",
    [{ introduced: "0" }, { fixed: "1.5.0" }, { introduced: "2.0.0" }, { fixed: "2.1.0" }],
    ["2.1.0"],
  ],
  ["between the lines, in any order", "1.6.0", [{ introduced: "2.0.0" }, { fixed: "1.5.0" }, { introduced: "0" }], []],
  ["ten is more than nine", "1.10.0", [{ introduced: "1.9.0" }, { fixed: "1.11.0" }], ["1.11.0"]],
])("a version that is %s", (_what, version, events, expected) => expect(hits(version, events)).toEqual(expected));

test("withdrawn ones, other ecosystems and other packages say nothing; listed versions do", () => {
  const all = [{ introduced: "0" }];
  expect(hits("1.0.0", all, { withdrawn: "2026-01-02T00:00:00Z" })).toEqual([]);
  expect(hits("1.0.0", [], { affected: [{ package: { ecosystem: "npm", name: "x" }, versions: ["1.0.0"] }] })).toEqual([
    null,
  ]);
  const python = [{ package: { ecosystem: "PyPI", name: "x" }, ranges: [{ type: "SEMVER", events: all }] }];
  expect(hits("1.0.0", all, { affected: python })).toEqual([]);
  expect(findings([{ name: "y", version: "1.0.0" }], [of("A", "x", all)])).toEqual([]);
});

const jose = pinnedPackages(root).find(({ name }) => name === "jose");
const harmless = of("GHSA-none", "jose", [{ introduced: "0" }, { fixed: "0.0.1" }]);
const harmful = of("GHSA-test", "jose", [{ introduced: "0" }, { fixed: "999.0.0" }], { summary: "Made up" });
const written = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test.each(["list.json", "lines.jsonl", "folder", "all.zip"])(
  "the real lock file against %s: what is hit ends with exit 1",
  async (kind) => {
    const both = [harmless, harmful];
    mkdirSync(join(folder, "folder", "below"), { recursive: true });
    for (const it of both) written(`folder/below/${it.id}.json`, JSON.stringify(it));
    const path =
      kind === "folder"
        ? join(folder, kind)
        : written(
            kind,
            kind === "list.json"
              ? JSON.stringify(both)
              : kind === "lines.jsonl"
                ? both.map((it) => JSON.stringify(it)).join("\n")
                : makeZip(both.map((it) => ({ name: `${it.id}.json`, data: JSON.stringify(it) }))),
          );
    const run = (...argv: string[]) => {
      const { exitCode, stdout } = Bun.spawnSync([process.execPath, "scripts/advisories.ts", "--from", path, ...argv], {
        cwd: root,
      });
      return [exitCode, stdout.toString()];
    };
    const line = `jose ${jose?.version}: GHSA-test, fixed in 999.0.0: Made up`;
    expect(run()).toEqual([1, `${line}\n`]);
    expect(run("--accept", "GHSA-test")).toEqual([0, `${line} (accepted)\n`]);
  },
);

test("what holds no advisory, or is none, is no clean bill", async () => {
  for (const [name, text] of [
    ["empty.jsonl", ""],
    ["other.json", '{"ghsa_id": "GHSA-1"}'],
    ["broken.json", "{"],
  ] as const)
    expect(readAdvisories(written(name, text))).rejects.toThrow();
  const { exitCode } = Bun.spawnSync([process.execPath, "scripts/advisories.ts"], { cwd: root, stderr: "ignore" });
  expect(exitCode).toBe(2);
});
