import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkArchive } from "./archives.ts";
import { corpora } from "./corpora.ts";
import { runCorpus, seed } from "./corpus.ts";
import { checkHeader } from "./dicom-headers.ts";
import { checkPicture } from "./images.ts";

describe(`bad input, seed ${seed}`, () => {
  test.each(corpora.map(([corpus, lanes]) => [corpus.name, corpus, lanes] as const))(
    "%s",
    async (_name, corpus, lanes) => {
      const { failures, failed } = await runCorpus(corpus, corpus.short, lanes);
      expect(failures).toEqual([]);
      expect(failed).toBe(0);
    },
    180_000,
  );
});

describe("what once went wrong", () => {
  const folder = join(import.meta.dir, "regressions");
  const checks: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
    dcm: checkHeader,
    zip: (path) => checkArchive(readFileSync(path), "zip"),
    rar: (path) => checkArchive(readFileSync(path), "rar"),
    picture: async (path) => {
      const work = mkdtempSync(join(tmpdir(), "relaypacs-corpus-"));
      await checkPicture(work, readFileSync(path)).finally(() => rmSync(work, { recursive: true }));
    },
  };
  test.each(readdirSync(folder).sort())("%s", async (name) => {
    const check = checks[name.split(".").at(-1) ?? ""];
    if (!check) throw new Error("no check for files of this kind");
    await check(join(folder, name));
  });
});
