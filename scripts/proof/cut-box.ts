import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../../test/support/box.ts";
import { type FileSystem, loopDisk } from "../../test/support/loop-disk.ts";

/** A box whose data folder, its destination in it, lies on a disk that loses its power. */
export interface CutBox {
  readonly box: Box;
  /** Cuts the power and starts again. */
  cut(): Promise<void>;
  /** SOP Instance UIDs of whole objects in the destination folder whose bytes are not those that were sent. */
  spoilt(sent: ReadonlyMap<string, Uint8Array>): string[];
  /** Those it holds as they were sent. */
  arrived(sent: ReadonlyMap<string, Uint8Array>): string[];
  stop(): Promise<void>;
}

const configuration = `[limits]\nmin_free_disk_bytes = 1048576\nmax_open_uploads_per_user = 1000
requests_per_minute = 1000000
[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`;

/** @throws Error where the machine has no disk of that kind to cut off */
export async function startCutBox(kind: FileSystem): Promise<CutBox> {
  const disk = loopDisk(kind, 512);
  if (disk === null) throw new Error(`no ${kind} on a loop device here: it takes root, xfsprogs and e2fsprogs`);
  const box = await startBox(configuration, { dataDir: join(disk.path, "data") }).catch((error) => {
    disk.remove();
    throw error;
  });
  const received = join(disk.path, "data", "received");
  /** By the name's UID: whether the file holds what was sent under it. */
  function compared(sent: ReadonlyMap<string, Uint8Array>): [uid: string, same: boolean][] {
    let names: string[] = [];
    try {
      names = readdirSync(received, { recursive: true, encoding: "utf8" });
    } catch {
      return []; // nothing was delivered so far
    }
    return names.flatMap((name): [string, boolean][] => {
      const uid = /([0-9.]+)\.dcm$/.exec(name)?.[1] ?? "";
      const bytes = sent.get(uid);
      return bytes === undefined ? [] : [[uid, readFileSync(join(received, name)).equals(bytes)]];
    });
  }
  return {
    box,
    cut: async () => {
      disk.cut(box.pid);
      await box.kill(); // only waits for its end
      await box.start();
    },
    spoilt: (sent) => compared(sent).flatMap(([uid, same]) => (same ? [] : [uid])),
    arrived: (sent) => compared(sent).flatMap(([uid, same]) => (same ? [uid] : [])),
    stop: async () => {
      await box.stop();
      disk.remove();
    },
  };
}
