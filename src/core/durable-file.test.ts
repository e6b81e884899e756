import { afterEach, beforeEach, expect, test } from "bun:test";
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDurable } from "./durable-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-durable-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The real calls, with what was done to which name. */
function recorded() {
  const done: string[] = [];
  const names = new Map<number, string>();
  const name = (path: string) => (path === folder ? "folder" : path.endsWith(".tmp") ? "temporary" : "file");
  const calls = {
    ...fs,
    openSync: ((path: string, flags: string, mode?: number) => {
      const fd = fs.openSync(path, flags, mode);
      names.set(fd, name(path));
      return fd;
    }) as typeof fs.openSync,
    fsyncSync: (fd: number) => {
      done.push(`sync ${names.get(fd)}`);
      fs.fsyncSync(fd);
    },
    renameSync: (from: fs.PathLike, to: fs.PathLike) => {
      done.push(`rename ${name(String(from))} to ${name(String(to))}`);
      fs.renameSync(from, to);
    },
  };
  return { done, calls };
}

test("bytes, then the name, then the folder that holds the name", () => {
  const { done, calls } = recorded();
  const path = join(folder, "a.key");
  writeDurable(path, "content", 0o600, calls);
  expect(done).toEqual(["sync temporary", "rename temporary to file", "sync folder"]);
  expect(readFileSync(path, "utf8")).toBe("content");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["a.key"]);
});

test("what the system takes in pieces is whole in the end", () => {
  const path = join(folder, "a.key");
  const piecemeal = ((fd: number, bytes: Buffer, offset: number, length: number) =>
    fs.writeSync(fd, bytes, offset, Math.min(3, length))) as typeof fs.writeSync;
  writeDurable(path, "ten bytes and ö", 0o600, { ...recorded().calls, writeSync: piecemeal });
  expect(readFileSync(path, "utf8")).toBe("ten bytes and ö");
});

test("a full disk leaves what was there before", () => {
  const path = join(folder, "a.key");
  writeDurable(path, "before", 0o600);
  const full = (() => {
    throw Object.assign(new Error("full"), { code: "ENOSPC" });
  }) as typeof fs.writeSync;
  expect(() => writeDurable(path, "after", 0o600, { ...recorded().calls, writeSync: full })).toThrow("full");
  expect(readFileSync(path, "utf8")).toBe("before");
});
