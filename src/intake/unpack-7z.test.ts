import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { inFolder, tryUnpack, usualLimits } from "./archives.fixture.ts";
import { sevenZipPath } from "./seven-zip.ts";
import { dictionaryBytes } from "./seven-zip-list.ts";
import { isArchive, sniff } from "./sniff.ts";
import { UnpackBudget, unpack } from "./unpack.ts";

/** Packs with the same 7zz, run in `folder`. */
function pack(folder: string, ...argv: string[]): void {
  const { exitCode } = Bun.spawnSync([sevenZipPath(), "a", ...argv], { cwd: folder, env: {}, stdout: "ignore" });
  expect(exitCode).toBe(0);
}

const open = (path: string, budget?: UnpackBudget, volumes?: { path: string }[]) =>
  inFolder(async (into) => {
    const kind = await sniff(path);
    if (!isArchive(kind)) throw new Error(`not an archive: ${kind}`);
    const outcome = await tryUnpack(
      { path, kind, name: basename(path), ...(volumes ? { volumes } : {}) },
      into,
      budget,
    );
    const contents = outcome.members.map((member) => readFileSync(member.path, "latin1"));
    return { ...outcome, names: outcome.members.map(({ name }) => name), contents };
  });

/** A folder with two files, an empty one, a folder and a folder in it. */
const withFiles = (use: (folder: string) => Promise<void>) =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "s/empty"), { recursive: true });
    writeFileSync(join(folder, "s/a"), "first");
    writeFileSync(join(folder, "s/b"), Buffer.alloc(300_000, "0123456789"));
    writeFileSync(join(folder, "s/c"), "");
    await use(folder);
  });

/** One member of a tar (POSIX ustar), every field free. */
function tar(name: string, type: string, data = "", link = ""): Buffer {
  const head = Buffer.alloc(512);
  head.write(name);
  head.write("0000644\0", 100);
  head.write(`${data.length.toString(8).padStart(11, "0")}\0`, 124);
  head.fill(" ", 148, 156);
  head.write(type, 156);
  head.write(link, 157);
  head.write("ustar\x0000", 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([head, Buffer.from(data), Buffer.alloc((512 - (data.length % 512)) % 512), Buffer.alloc(1024)]);
}

describe("7z", () => {
  test("opens; two names, their bytes, no folders", () =>
    withFiles(async (folder) => {
      pack(folder, "x.7z", "s");
      const { names, contents, refused } = await open(join(folder, "x.7z"));
      expect(refused).toBeNull();
      const held = Object.fromEntries(names.map((name, index) => [name, contents[index]?.length]));
      expect(held).toEqual({ "s/a": 5, "s/b": 300_000, "s/c": 0 });
      expect(contents[names.indexOf("s/b")]).toBe("0123456789".repeat(30_000));
    }));
  test("split into volumes opens with all of them, and is refused without the last", () =>
    withFiles(async (folder) => {
      pack(folder, "-mx0", "-v100k", "x.7z", "s");
      const [first = "", ...more] = ["001", "002", "003"].map((number) => join(folder, `x.7z.${number}`));
      const parts = more.map((path) => ({ path }));
      const budget = () => new UnpackBudget(usualLimits, 300_000);
      expect((await open(first, budget(), parts)).members).toHaveLength(3);
      expect((await open(first, budget(), parts.slice(0, 1))).refused).toBe("archive_corrupt");
    }));
  const bad: readonly (readonly [string, string[], string])[] = [
    ["a password", ["-psecret"], "archive_encrypted"],
    ["a password on the names too", ["-psecret", "-mhe"], "archive_encrypted"],
    ["a link", ["-snl", "link"], "archive_link"],
  ];
  for (const [what, argv, code] of bad) {
    test(`with ${what}: ${code}`, () =>
      withFiles(async (folder) => {
        symlinkSync("/etc/passwd", join(folder, "link"));
        pack(folder, "x.7z", "s", ...argv);
        expect((await open(join(folder, "x.7z"))).refused).toBe(code);
      }));
  }
  test("cut or changed: archive_corrupt", () =>
    withFiles(async (folder) => {
      pack(folder, "-mx0", "x.7z", "s");
      const bytes = readFileSync(join(folder, "x.7z"));
      writeFileSync(join(folder, "cut"), bytes.subarray(0, -40));
      expect((await open(join(folder, "cut"))).refused).toBe("archive_corrupt");
      bytes[1000] = (bytes[1000] ?? 0) ^ 1;
      writeFileSync(join(folder, "changed"), bytes);
      expect((await open(join(folder, "changed"))).refused).toBe("archive_corrupt");
    }));
  test("over the limits of bytes, entries or one file: archive_bomb", () =>
    withFiles(async (folder) => {
      pack(folder, "x.7z", "s");
      const path = join(folder, "x.7z");
      for (const limit of [{ maxUnpackedBytes: 300_004 }, { maxEntries: 4 }, { maxFileBytes: 299_999 }]) {
        expect((await open(path, new UnpackBudget({ ...usualLimits, ...limit }, 100))).refused).toBe("archive_bomb");
      }
    }));
  test("an abort ends 7zz and comes out as it is", () =>
    withFiles(async (folder) => {
      pack(folder, "x.7z", "s");
      const stop = new AbortController();
      const budget = new UnpackBudget({ ...usualLimits, reserve: () => stop.abort("enough") }, 1);
      const run = inFolder((into) =>
        unpack({ path: join(folder, "x.7z"), kind: "7z", name: "x" }, into, budget, stop.signal),
      );
      expect(await run.catch((cause: unknown) => cause)).toBe("enough");
    }));
});

test("members of all sizes, none of which ends where a piece of the pipe does, come out as they went in", () =>
  inFolder(async (folder) => {
    const files = new Map(
      [0, 1, 2047, 2048, 2049, 4095, 65_535, 65_536, 65_537, 0, 200_001, 3, 0].map((size, index) => [
        `m${index}`,
        Buffer.alloc(size, `member ${index} `).toString("latin1"),
      ]),
    );
    for (const [name, content] of files) writeFileSync(join(folder, name), content, "latin1");
    for (const flag of ["-ms=on", "-ms=off"]) {
      const packed = join(folder, `packed${flag}.7z`);
      pack(folder, flag, packed, ...files.keys());
      const { refused, names, contents } = await open(packed);
      expect(refused).toBeNull();
      expect(new Map(names.map((name, index) => [name, contents[index] ?? ""]))).toEqual(files);
    }
  }));

test("T19: names that look like arguments are names, of members and of the archive itself", () =>
  inFolder(async (folder) => {
    const odd = ["-o/tmp/x", "@list", "-si", "-p", "--", "-x!*"];
    for (const [index, name] of odd.entries()) {
      const path = join(folder, `${index}`);
      writeFileSync(path, tar(name, "0", "hello"));
      const outcome = await inFolder((into) => tryUnpack({ path, kind: "tar", name }, into));
      expect([outcome.refused, outcome.members.map((member) => member.name)]).toEqual([null, [name]]);
    }
  }));

describe("T15, T16: tar and gzip", () => {
  const tars: readonly (readonly [string, Buffer, string | null])[] = [
    ["a file", tar("a/b", "0", "hello"), null],
    ["a name with line ends", tar("a\n\nPath = ../x\nSize = 9", "0", "hello"), null],
    ["a name that leaves", tar("../x", "0", "hello"), "archive_unsafe_path"],
    ["an absolute name", tar("/x", "0", "hello"), "archive_unsafe_path"],
    ["a symbolic link", tar("x", "2", "", "/etc/passwd"), "archive_link"],
    ["a hard link", tar("x", "1", "", "y"), "archive_link"],
    ["a device", tar("x", "3"), "archive_link"],
    ["a pipe", tar("x", "6"), "archive_link"],
  ];
  for (const [what, bytes, code] of tars) {
    test(`${what}, also gzipped: ${code ?? "opens"}`, () =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, "x.tar"), bytes);
        writeFileSync(join(folder, "x.tar.gz"), gzipSync(bytes));
        for (const name of ["x.tar", "x.tar.gz"]) {
          const { refused, contents } = await open(join(folder, name));
          expect(refused).toBe(code);
          if (code === null) expect(contents).toEqual(["hello"]);
        }
      }));
  }
  test("gzip gives its one file, and counts a tar inside once", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "IM1.dcm.gz"), gzipSync("hello"));
      expect(await open(join(folder, "IM1.dcm.gz"))).toMatchObject({ names: ["IM1.dcm"], contents: ["hello"] });
      writeFileSync(join(folder, "x.tgz"), gzipSync(tar("a", "0", "hello")));
      const budget = new UnpackBudget(usualLimits, 100);
      await open(join(folder, "x.tgz"), budget);
      expect(budget.bytes).toBe(5);
    }));
  test("a cut gzip, a wrong checksum and a bomb", () =>
    inFolder(async (folder) => {
      const packed = gzipSync(Buffer.alloc(100_000, "abc"));
      const wrong = Buffer.from(packed);
      wrong[wrong.length - 6] = (wrong[wrong.length - 6] ?? 0) ^ 1;
      for (const bytes of [packed.subarray(0, -9), wrong]) {
        writeFileSync(join(folder, "x.gz"), bytes);
        expect((await open(join(folder, "x.gz"))).refused).toBe("archive_corrupt");
      }
      writeFileSync(join(folder, "x.gz"), packed);
      const small = new UnpackBudget({ ...usualLimits, maxUnpackedBytes: 99_999 }, 100);
      expect((await open(join(folder, "x.gz"), small)).refused).toBe("archive_bomb");
    }));
});

test("dictionary sizes as 7zz writes them", () => {
  const table = { "LZMA2:25": 2 ** 25, "v6:m3:128K": 131_072, "m3:17": 131_072, "LZMA:1536m BCJ": 1536 * 1024 ** 2 };
  for (const [method, size] of Object.entries({
    ...table,
    "PPMD:o6:mem24": 2 ** 24,
    "v7:m5:64G": 64 * 1024 ** 3,
    Copy: 0,
  })) {
    expect(dictionaryBytes(method)).toBe(size);
  }
});
