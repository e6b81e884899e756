import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { parse } from "smol-toml";
import { pictureFolder, pictures } from "../scripts/pictures.ts";
import { ConfigSchema } from "../src/core/config-schema.ts";
import { boardEn } from "../web/admin/board-words-en.ts";
import { placesEn } from "../web/admin/place-words-en.ts";
import { adminEn } from "../web/admin/words-en.ts";
import { en } from "../web/locales/en.ts";
import { studyEn } from "../web/study/words-en.ts";

const root = join(import.meta.dir, "..");
const pages = ["README.md", "CHANGELOG.md", ...[...new Bun.Glob("docs/**/*.md").scanSync({ cwd: root })].sort()];
const text = (page: string) => readFileSync(join(root, page), "utf8");
const withoutCode = (page: string) =>
  text(page)
    .replaceAll(/^```[\s\S]*?^```/gm, "")
    .replaceAll(/`[^`\n]*`/g, "");

/** A heading's address, as hosts of repositories make it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const anchors = (page: string) => [...text(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));

test("no link within the documentation is dead", () => {
  const dead = pages.flatMap((page) =>
    [...withoutCode(page).matchAll(/(?:\]\(|src=")([^)"\s]+)[)"]/g)].flatMap(([, link = ""]) => {
      if (/^https?:/.test(link)) return [];
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return [`${page}: ${link}`];
      return anchor === undefined || anchors(target).includes(anchor) ? [] : [`${page}: ${link}`];
    }),
  );
  expect(dead).toEqual([]);
});

test("every page of docs/ stands in its index, which the README names", () => {
  const index = text("docs/README.md");
  const missing = pages.filter((page) => /^docs\/(?!README)/.test(page) && !index.includes(`(${page.slice(5)})`));
  expect(missing).toEqual([]);
  expect(text("README.md")).toContain("(docs/README.md)");
});

test("words in bold in the user guide stand on the screens", () => {
  const texts = [en, adminEn, boardEn, placesEn, studyEn].flatMap((part) => Object.values(part));
  const words = texts
    .filter((word) => word.replaceAll(/\{.*?\}/g, "").trim().length > 2) // or a text of values alone would allow anything
    .map((word) => new RegExp(`^${RegExp.escape(word).replaceAll(/\\\{.*?\\\}/g, ".+")}$`));
  const own = ["Several patients in one archive?", "Photos?", "Wrong name or ID in the images?", "bold"];
  const bold = [...text("docs/user-guide.md").matchAll(/\*\*(.+?)\*\*/g)].map(([, said = ""]) => said);
  expect(bold.length).toBeGreaterThan(30);
  expect(bold.filter((said) => !own.includes(said) && !words.some((word) => word.test(said)))).toEqual([]);
});

test("the pictures are those that scripts/pictures.ts takes, each is shown, and together they are small", () => {
  const files = readdirSync(pictureFolder).sort();
  expect(files).toEqual(
    Object.keys(pictures)
      .map((name) => `${name}.png`)
      .sort(),
  );
  const shown = text("docs/user-guide.md") + text("README.md");
  expect(files.filter((file) => !shown.includes(`pictures/${file}`))).toEqual([]);
  expect(files.reduce((sum, file) => sum + statSync(join(pictureFolder, file)).size, 0)).toBeLessThan(1_500_000);
});

test("docs/configuration.md has every key with its default", () => {
  const [, block = ""] = /^```toml\n([\s\S]*?)^```/m.exec(text("docs/configuration.md")) ?? [];
  const {
    destination: _destinations,
    route: _routes,
    ...defaults
  } = Value.Default(ConfigSchema, {}) as Record<string, unknown>;
  expect(parse(block)).toEqual(defaults as ReturnType<typeof parse>);
});
