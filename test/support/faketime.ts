import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const library = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/faketime/libfaketimeMT.so.1`;
export const fakeTimeLibrary: string | null = existsSync(library) ? library : null;

/** A wall clock that a test sets while a program runs; monotonic time goes on as it is. */
export interface FakeTime {
  /** For the program's environment. */
  readonly env: Record<string, string>;
  /** By how many seconds the program's clock differs from now on. */
  set(seconds: number): void;
  remove(): void;
}

export function fakeTime(): FakeTime {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-faketime-"));
  const file = join(folder, "offset");
  const set = (seconds: number) => {
    // Renamed, so that the program never reads half a number.
    writeFileSync(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    env: {
      LD_PRELOAD: fakeTimeLibrary ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    set,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
