import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** docs/security.md says of every threat what stands against it and which tests show it: held here against the files themselves. */
const root = join(import.meta.dir, "..");
const text = readFileSync(join(root, "docs/security.md"), "utf8");
const rows = [...text.matchAll(/^\| (T\d+) \|(.*)\|$/gm)].map(([, id = "", rest = ""]) => {
  const [threat = "", control = "", where = "", shown = ""] = rest.split(" | ").map((cell) => cell.trim());
  const paths = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
  return { id, threat, control, code: paths(where), tests: paths(shown) };
});

/** What a file's tests are called: its strings, without what its comments say. */
const stringsOf = (path: string): string[] => {
  const code = readFileSync(join(root, path), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/(["'`])((?:\\.|(?!\1).)*)\1/g)].map(([, , content = ""]) => content);
};
const names = (path: string, id: string) => stringsOf(path).some((it) => new RegExp(`\\b${id}\\b`).test(it));

test("every threat has a row with a control, its code and its tests", () => {
  const numbers = Array.from({ length: 35 }, (_, index) => index + 1).filter((it) => it !== 31 && it !== 34);
  expect(rows.map(({ id }) => id)).toEqual(numbers.map((it) => `T${it}`));
  for (const { threat, control, code, tests } of rows) {
    expect([threat.length > 0, control.length > 0]).toEqual([true, true]);
    expect([code.length > 0, tests.length > 0]).toEqual([true, true]);
  }
});

test("every file that the table names is there", () => {
  const named = rows.flatMap(({ code, tests }) => [...code, ...tests]);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("every test file that it names has a test with the threat's number in its name", () => {
  const silent = rows.flatMap(({ id, tests }) =>
    tests.filter((path) => !names(path, id)).map((path) => `${id} ${path}`),
  );
  expect(silent).toEqual([]);
});

test("no test is named after a threat that the table does not have", () => {
  const known = new Set(rows.map(({ id }) => id));
  const files = ["src", "test", "scripts", "web"].flatMap((folder) =>
    [...new Bun.Glob("**/*.test.ts").scanSync({ cwd: join(root, folder) })].map((path) => join(folder, path)),
  );
  const strange = files
    .filter((path) => path !== "test/security.test.ts")
    .flatMap((path) => stringsOf(path).flatMap((it) => /^(T\d+)(, T\d+)*:/.exec(it)?.[0]?.match(/T\d+/g) ?? []))
    .filter((id) => !known.has(id));
  expect(strange).toEqual([]);
});

test("the README leads there", () => {
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain("docs/security.md");
});
