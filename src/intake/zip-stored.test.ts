import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnpackBudget } from "./limits.ts";
import { MemberFolder } from "./member-folder.ts";
import { newPieces, storedBytes } from "./zip-stored.ts";

const generous = {
  maxUnpackedBytes: 2 ** 40,
  maxRatio: 10_000,
  maxEntries: 10,
  maxFileBytes: 2 ** 40,
  reserve: () => {},
};

async function inFolder(work: (fd: number, bytes: Buffer, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-stored-"));
  const bytes = Buffer.from(Uint32Array.from({ length: 700_000 }, (_, index) => index).buffer);
  writeFileSync(join(folder, "archive"), bytes);
  const fd = openSync(join(folder, "archive"), "r");
  try {
    await work(fd, bytes, folder);
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

test("a range that is longer than both pieces is written as it lies, one piece behind the other", () =>
  inFolder(async (fd, bytes, folder) => {
    const members = new MemberFolder(folder, new UnpackBudget(generous, bytes.length));
    const source = storedBytes(fd, 1001, 2_500_000, newPieces(), new AbortController().signal);
    const { path } = await members.write({ name: "a", size: 2_500_000 }, source);
    expect(readFileSync(path).equals(bytes.subarray(1001, 2_501_001))).toBe(true);
  }));

test("a range that the file does not hold is told, and so is a stop", () =>
  inFolder(async (fd, bytes, folder) => {
    const members = new MemberFolder(folder, new UnpackBudget(generous, bytes.length));
    const cut = storedBytes(fd, 0, bytes.length + 1, newPieces(), new AbortController().signal);
    await expect(members.write({ name: "a", size: bytes.length + 1 }, cut)).rejects.toMatchObject({
      code: "archive_corrupt",
    });
    const stopped = storedBytes(fd, 0, 10, newPieces(), AbortSignal.abort(new Error("stop")));
    await expect(members.write({ name: "b", size: 10 }, stopped)).rejects.toThrow("stop");
  }));
