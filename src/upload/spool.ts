import { constants, existsSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, unlinkSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join, normalize, sep } from "node:path";
import { isDiskFull } from "../core/disk-full.ts";
import { syncFolder } from "../core/durable-file.ts";
import { RelayError } from "../core/errors.ts";

/**
 * The spool on disk; this file alone knows its layout. Names are ids made here, never names from outside.
 *
 *   spool/<upload id>/files/<file row>     received bytes
 *   spool/<upload id>/work                 what came out of archives
 *   spool/probe                            a byte that is written to see that the disk still takes some
 *   ballast                                given up when the disk is full, so that the database can still clean up
 */
export interface Spool {
  /** Absolute path of an upload's folder. */
  folder(uploadId: string): string;
  /** Absolute path of something below it. */
  path(uploadId: string, relative: string): string;
  /** Where a received file lies, relative to the upload's folder. */
  receivedFile(fileRow: number): string;
  /** Makes the upload's folders, on stable storage when it returns. */
  create(uploadId: string): void;
  /** Opens a received file for writing at any offset; made where it is not there. @returns a file descriptor */
  openReceived(uploadId: string, fileRow: number): number;
  receivedFolder(uploadId: string): string;
  /** Removes a received file of which nothing counts. */
  dropReceived(uploadId: string, fileRow: number): void;
  /** Makes a folder below the upload's own, empty. @returns its absolute path */
  emptyFolder(uploadId: string, relative: string): Promise<string>;
  remove(uploadId: string): Promise<void>;
  /** Whether a byte reaches stable storage. A full disk does its work as well: starting anew would not mend it. */
  takesWrites(): Promise<boolean>;
  /** Uploads that have a folder. */
  list(): string[];
  /** Bytes an unprivileged writer can still use. */
  freeBytes(): number;
  /** Whether `bytes` more, beside `reserved` promised ones, keep the configured free space. For init. */
  hasRoomFor(bytes: number, reserved: number): boolean;
  /** @throws RelayError insufficient_storage where writing `bytes` would go below the low-water mark (half of the configured free space) */
  requireRoom(bytes: number): void;
  /** Gives the ballast up; call when the database or a cleanup meets a full disk. */
  releaseBallast(): void;
  /** Lays the ballast where there is room for it, beside all else: 64 MB take a slow disk a second. */
  layBallast(): Promise<void>;
}

const ballastBytes = 64 * 1024 * 1024;
const uploadIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param minFreeBytes limits.min_free_disk_bytes */
export function createSpool(dataDir: string, minFreeBytes: () => number): Spool {
  const root = join(dataDir, "spool");
  const ballast = join(dataDir, "ballast");
  const unfinished = `${ballast}.tmp`;
  mkdirSync(root, { recursive: true, mode: 0o750 });

  const folder = (uploadId: string) => {
    if (!uploadIdPattern.test(uploadId)) throw new Error("not an upload id");
    return join(root, uploadId);
  };
  const freeBytes = () => {
    const stats = statfsSync(dataDir);
    return stats.bavail * stats.bsize;
  };

  const within = (uploadId: string, relative: string) => {
    const path = normalize(join(folder(uploadId), relative));
    if (!path.startsWith(folder(uploadId) + sep)) throw new Error("outside the upload's folder");
    return path;
  };

  return {
    folder,
    path: within,
    receivedFile: (fileRow) => `files/${fileRow}`,
    receivedFolder: (uploadId) => join(folder(uploadId), "files"),
    create: (uploadId) => {
      mkdirSync(join(folder(uploadId), "files"), { recursive: true, mode: 0o750 });
      for (const path of [folder(uploadId), root]) syncFolder(path);
    },
    openReceived: (uploadId, fileRow) =>
      openSync(join(folder(uploadId), "files", String(fileRow)), readWriteCreate, 0o640),
    dropReceived: (uploadId, fileRow) => rmSync(join(folder(uploadId), "files", String(fileRow)), { force: true }),
    emptyFolder: async (uploadId, relative) => {
      const path = within(uploadId, relative);
      await rm(path, { recursive: true, force: true }); // 50 000 members take most of a second
      await mkdir(path, { recursive: true, mode: 0o750 });
      return path;
    },
    remove: (uploadId) => rm(folder(uploadId), { recursive: true, force: true }),
    takesWrites: async () => {
      try {
        const handle = await open(join(root, "probe"), "w", 0o640);
        await handle
          .write("1")
          .then(() => handle.datasync())
          .finally(() => handle.close());
        return true;
      } catch (error) {
        return isDiskFull(error);
      }
    },
    list: () => readdirSync(root).filter((name) => uploadIdPattern.test(name)),
    freeBytes,
    hasRoomFor: (bytes, reserved) => freeBytes() - reserved - bytes >= minFreeBytes(),
    requireRoom: (bytes) => {
      if (freeBytes() - bytes < minFreeBytes() / 2) throw new RelayError("insufficient_storage");
    },
    releaseBallast: () => {
      // What is just being laid as well: it then has no name to become the ballast by.
      for (const path of [ballast, unfinished])
        try {
          unlinkSync(path);
        } catch {
          // Already given up.
        }
    },
    layBallast: async () => {
      const stats = statfsSync(dataDir);
      const size = Math.min(ballastBytes, Math.floor((stats.blocks * stats.bsize) / 20));
      if (existsSync(ballast) || freeBytes() < size * 2 + minFreeBytes()) return;
      try {
        await writeZeros(unfinished, size);
        await rename(unfinished, ballast); // only now: a half one, left by a kill, would count as whole for ever
      } catch {
        await rm(unfinished, { force: true }); // no room after all, or given up meanwhile: there will be another round
      }
    },
  };
}

/** "r+" would not create, "w" would truncate. */
const readWriteCreate = constants.O_RDWR | constants.O_CREAT;

async function writeZeros(path: string, size: number): Promise<void> {
  const zeros = Buffer.alloc(1024 * 1024);
  const file = await open(path, "w", 0o640);
  try {
    for (let left = size; left > 0; ) left -= (await file.write(zeros, 0, Math.min(left, zeros.length))).bytesWritten;
    await file.sync();
  } finally {
    await file.close();
  }
}
