import { closeSync, open, openSync, read, write, writeSync } from "node:fs";

/** By descriptor: opening and writing through a FileHandle takes half as long again where files are many and small. */

/** @throws the error of the operating system */
export const openRaw = (path: string, flags: "r" | "wx"): Promise<number> =>
  new Promise((resolve, reject) => {
    open(path, flags, 0o600, (error, fd) => (error === null ? resolve(fd) : reject(error)));
  });

export const closeRaw = closeSync;

/** Fills `bytes` as far as one read goes. @returns how many came, 0 at the end of the file */
export const readRaw = (fd: number, bytes: Uint8Array, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    read(fd, bytes, 0, bytes.length, position, (error, count) => (error === null ? resolve(count) : reject(error)));
  });

/** Writes all of `bytes`: one write may take less without an error, most of all when the disk fills up. */
export async function writeRaw(fd: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += await new Promise<number>((resolve, reject) => {
      write(fd, bytes, done, bytes.length - done, null, (error, count) =>
        error === null ? resolve(count) : reject(error),
      );
    });
}

/** A new file of these bytes, in the thread's own time. @throws the error of the operating system */
export function writeWholeRaw(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
  } finally {
    closeSync(fd);
  }
}
