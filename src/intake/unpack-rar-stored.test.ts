import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { inFolder, tryUnpack, usualLimits } from "./archives.fixture.ts";
import { UnpackBudget } from "./limits.ts";
import { MemberFolder } from "./member-folder.ts";
import { unpack } from "./unpack.ts";
import { type ListedFile, unpackStoredRar } from "./unpack-rar-stored.ts";

interface Member {
  readonly name: string;
  readonly data: Buffer<ArrayBuffer>;
  readonly folder?: boolean;
  readonly crc?: number;
}

const vint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...vint(Math.floor(value / 128))];
const le = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** index) % 256);

/** A RAR 5 of one volume that stores its members. */
function rar5(members: readonly Member[]): Buffer {
  const block = (body: readonly number[]) => {
    const sized = Buffer.from([...vint(body.length), ...body]);
    return Buffer.concat([Buffer.from(le(crc32(sized), 4)), sized]);
  };
  const file = ({ name, data, folder = false, crc = crc32(data) }: Member) =>
    block([
      ...[2, 2, ...vint(data.length), folder ? 1 : 4, ...vint(data.length), ...vint(folder ? 0o40755 : 0o100644)],
      ...[...(folder ? [] : le(crc, 4)), 0, 1, ...vint(name.length), ...Buffer.from(name)],
    ]);
  const signature = Buffer.from("Rar!\x1a\x07\x01\x00", "latin1");
  return Buffer.concat([
    signature,
    block([1, 0, 0]),
    ...members.flatMap((one) => [file(one), one.data]),
    block([5, 0, 0]),
  ]);
}

/** The same as a RAR 4. */
function rar4(members: readonly Member[]): Buffer {
  const block = (type: number, flags: number, body: readonly number[]) => {
    const rest = Buffer.from([type, ...le(flags, 2), ...le(7 + body.length, 2), ...body]);
    return Buffer.concat([Buffer.from(le(crc32(rest), 2)), rest]);
  };
  const file = ({ name, data, folder = false, crc = crc32(data) }: Member) =>
    block(0x74, folder ? 0x80e0 : 0x8000, [
      ...[...le(data.length, 4), ...le(data.length, 4), 3, ...le(crc, 4), ...le(0x58_21_00_00, 4), 20, 0x30],
      ...[...le(name.length, 2), ...le(folder ? 0o40755 : 0o100644, 4), ...Buffer.from(name)],
    ]);
  const signature = Buffer.from("Rar!\x1a\x07\x00", "latin1");
  const parts = members.flatMap((one) => [file(one), one.data]);
  return Buffer.concat([signature, block(0x73, 0, le(0, 6)), ...parts, block(0x7b, 0x4000, [])]);
}

const large = Buffer.from(Uint32Array.from({ length: 400_000 }, (_, index) => index * 2654435761).buffer);
const members: readonly Member[] = [
  { name: "s", data: Buffer.alloc(0), folder: true },
  { name: "s/a.dcm", data: Buffer.from("first") },
  { name: "s/b.dcm", data: large },
  { name: "s/c.dcm", data: Buffer.alloc(0) },
];
const listed: readonly ListedFile[] = members
  .filter(({ folder }) => !folder)
  .map(({ name, data }) => ({ name, size: data.length, stored: true, crc: crc32(data) }));
const formats = [["rar", rar4] as const, ["rar5", rar5] as const];

/** What comes out without 7zz: the bytes in order, null, or the error's code; and how many files lie there then. */
const taken = (type: "rar" | "rar5", archive: Buffer, files = listed, signal = new AbortController().signal) =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, "x"), archive);
    const into = new MemberFolder(folder, new UnpackBudget(usualLimits, archive.length));
    const done = await unpackStoredRar(join(folder, "x"), type, files, into, signal);
    return done?.map(({ path }) => readFileSync(path)) ?? null;
  });

describe.each(formats)("%s", (type, make) => {
  test("stored members are written as they lie", async () => {
    expect(await taken(type, make(members))).toEqual([Buffer.from("first"), large, Buffer.alloc(0)]);
  });
  test("what the headers do not tell as it was listed is left to 7zz", async () => {
    const [first, ...others] = listed as [ListedFile, ...ListedFile[]];
    const archive = make(members);
    expect(await taken(type, archive, others)).toBeNull();
    expect(await taken(type, archive, [...listed, first])).toBeNull();
    for (const change of [{ size: 4 }, { stored: false }, { crc: null }])
      expect(await taken(type, archive, [{ ...first, ...change }, ...others])).toBeNull();
    expect(await taken(type, make([{ name: "n".repeat(5000), data: Buffer.from("first") }]), [first])).toBeNull();
  });
  test("a header cut or spoilt at any place brings out nothing else", async () => {
    const [, first] = members as [Member, Member];
    const [line] = listed as [ListedFile];
    const archive = make([first]);
    for (let at = 7; at < archive.length; at++) {
      const spoilt = Buffer.from(archive);
      spoilt[at] = (spoilt[at] ?? 0) ^ 0xff;
      for (const one of [spoilt, archive.subarray(0, at)]) {
        const out = await taken(type, one, [line]).catch((error: { code?: string }) => error.code);
        if (out !== null && out !== "archive_corrupt") expect(out).toEqual([first.data]);
      }
    }
  });
  test("more blocks than there may be entries are left to 7zz, and a stop is heard among them", async () => {
    const [folder] = members as [Member];
    const archive = make(Array.from({ length: 60_000 }, () => folder));
    expect(await taken(type, archive, [])).toBeNull();
    await expect(taken(type, archive, [], AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
  });
  test("a whole archive: listed by 7zz, taken from where it lies, and held against its checksums", () =>
    inFolder(async (folder) => {
      const path = join(folder, "x.rar");
      const open = (archive: Buffer) =>
        inFolder(async (into) => {
          writeFileSync(path, archive);
          const { members: out } = await tryUnpack({ path, kind: "rar" }, into);
          return out.map(({ name, path: at }) => [name, readFileSync(at).length]);
        });
      const sizes = [
        ["s/a.dcm", 5],
        ["s/b.dcm", large.length],
        ["s/c.dcm", 0],
      ];
      expect(await open(make(members))).toEqual(sizes);
      writeFileSync(path, make([{ name: "a", data: large, crc: 1 }]));
      const budget = new UnpackBudget(usualLimits, large.length);
      const spoilt = inFolder((into) =>
        unpack({ path, kind: "rar", name: "x" }, into, budget, new AbortController().signal),
      );
      // 7zz's own refusal has no such sentence.
      await expect(spoilt).rejects.toThrow("A file in the archive does not match its checksum.");
    }));
});
