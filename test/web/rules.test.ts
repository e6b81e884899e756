import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** The rules of the house for what runs in the browser (docs/architecture.md), read from the sources. */
const root = join(import.meta.dir, "../..");
const all = [...new Bun.Glob("web/**/*.{ts,css,html}").scanSync({ cwd: root })].sort();
const text = (path: string) => readFileSync(join(root, path), "utf8");
const code = all.filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));

const imports = code.flatMap((from) =>
  [...text(from).matchAll(/^(?:import|export)\s+(type\s)?(?:[^;]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm)].map(
    ([, type, named = "", lazy]) => {
      const to = lazy ?? named;
      return { from, to: to.startsWith(".") ? normalize(join(dirname(from), to)) : to, type: type !== undefined };
    },
  ),
);

test("there are imports to look at", () => expect(imports.length).toBeGreaterThan(10));

test("of the server the app takes types from contract, and runtime code only from states, permissions and errors", () => {
  const server = imports.filter(({ to }) => to.startsWith("src/"));
  const allowed = ({ to, type }: (typeof imports)[number]) =>
    type
      ? to.startsWith("src/contract/")
      : /^src\/contract\/((states|permissions|errors)\.ts|catalogue\/[\w-]+\.ts)$/.test(to);
  expect(server.filter((it) => !allowed(it))).toEqual([]);
});

test("nothing of Node or Bun is imported", () => {
  expect(imports.filter(({ to }) => /^(node|bun):|^bun$/.test(to))).toEqual([]);
});

test("one place talks to the box", () => {
  const callers = code.filter((path) => /(?<![\w.])fetch\(|new (XMLHttpRequest|EventSource)\b/.test(text(path)));
  expect(callers.filter((path) => !path.startsWith("web/api/"))).toEqual([]);
});

test("nothing is loaded from elsewhere, and no markup is made from strings", () => {
  const foreign = /(?:src|href|url|import)\s*[=(]\s*["'`]?(?:https?:)?\/\//;
  const shown = new Set(["web/admin/lines.ts"]); // lines of a configuration to copy: they are read, not loaded
  expect(all.filter((path) => !shown.has(path) && foreign.test(text(path)))).toEqual([]);
  expect(
    code.filter((path) => /\.(inner|outer)HTML\s*=|insertAdjacentHTML|unsafeHTML|\beval\(/.test(text(path))),
  ).toEqual([]);
});

test("nothing is printed or silenced, and no file has more than 300 lines", () => {
  const scripts = all.filter((path) => path.endsWith(".ts"));
  expect(code.filter((path) => /\bconsole\.\w+\(/.test(text(path)))).toEqual([]);
  expect(
    scripts.filter((path) =>
      /@ts-(ignore|nocheck)|biome-ignore|\b(test|describe)\.(skip|only|todo)\(/.test(text(path)),
    ),
  ).toEqual([]);
  expect(scripts.filter((path) => text(path).split("\n").length > 301)).toEqual([]);
});

test("every field that takes text says what may complete it: without a word browsers keep what was typed on disk (T32)", () => {
  const fields = all.flatMap((path) => text(path).match(/<(?:textarea|input)\b[\s\S]*?>/g) ?? []);
  const written = fields.filter((field) => !/type="(?:file|checkbox|radio)"/.test(field));
  expect(written.length).toBeGreaterThan(10);
  expect(written.filter((field) => !/\bautocomplete=/.test(field))).toEqual([]);
});
