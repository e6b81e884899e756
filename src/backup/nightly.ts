import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Actor, record } from "../audit/record.ts";
import type { Config } from "../core/config-schema.ts";
import { errorFields, type Log } from "../core/log.ts";
import { startWorker, type Worker } from "../core/worker.ts";
import type { Database } from "../db/database.ts";
import { forgetInSnapshot } from "../db/snapshot.ts";

const hour = 3_600_000;
/** Looked at so often whether a copy is due: the clock may be set meanwhile. */
const lookMs = 60_000;
/** How the process that makes a copy is told so (main.ts). */
export const copyBoxCommand = "copy-box";

const folderOf = (dataDir: string) => join(dataDir, "backups");
const pattern = /^relaypacs-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.backup$/;

export interface NightlyCopy {
  readonly path: string;
  /** Milliseconds since 1970, by its name: its file is written anew whenever something is forgotten in it. */
  readonly madeAt: number;
}

/** The copies that the box made by itself, newest first; those of a clock that was ahead stand last. */
export function nightlyCopies(dataDir: string, now = Date.now()): readonly NightlyCopy[] {
  const folder = folderOf(dataDir);
  try {
    const copies = readdirSync(folder).flatMap((name): NightlyCopy[] => {
      const [, ...at] = pattern.exec(name) ?? [];
      const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = at.map(Number);
      const madeAt = Date.UTC(year, month - 1, day, hours, minutes, seconds);
      return at.length === 0 ? [] : [{ path: join(folder, name), madeAt }];
    });
    const ahead = ({ madeAt }: NightlyCopy) => Number(isAhead(madeAt, now));
    return copies.sort((a, b) => ahead(a) - ahead(b) || b.madeAt - a.madeAt);
  } catch {
    return []; // none was made yet
  }
}
/** A clock that is set right by seconds dates nothing in the future. */
const isAhead = (madeAt: number, now: number): boolean => madeAt > now + lookMs;

/** Where the next one belongs. Its folder is there afterwards. */
export function nextCopy(dataDir: string): string {
  mkdirSync(folderOf(dataDir), { recursive: true, mode: 0o700 });
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  return join(folderOf(dataDir), `relaypacs-${stamp}.backup`);
}

/**
 * Takes from the box's copies what it has just forgotten itself (P13). One that is of an older version's tables goes whole.
 * @param all also what identifies the patient
 */
export function forgetInCopies(dataDir: string, uploadIds: readonly string[], all: boolean, now: number): void {
  for (const { path } of nightlyCopies(dataDir))
    if (!forgetInSnapshot(path, uploadIds, all, now)) rmSync(path, { force: true });
}

interface NightlyDeps {
  readonly db: Database;
  readonly config: () => Config;
  /** null: the box runs on defaults and environment. */
  readonly configFile: string | null;
  readonly log: Log;
}

/** The copies that the box makes of itself. */
export interface BoxCopies extends Pick<Worker, "stop"> {
  /** Makes one now, unless one is being made; the audit tells who wanted it, and whether it came to be. */
  now(by: Actor): void;
  /** Milliseconds since 1970. `failedAt`: of the newest try, null where that did not fail. */
  state(): { readonly running: boolean; readonly lastAt: number | null; readonly failedAt: number | null };
}

/**
 * A copy every backup.every_hours and whenever a person asks, the newest backup.keep of them kept. Another process makes it: a large
 * database takes seconds to write, and the event loop has none.
 */
export function startNightlyCopies({ db, config, configFile, log }: NightlyDeps): BoxCopies {
  let asked: Actor | null = null;
  let running = false;
  let failures = 0;
  let failedAt: number | null = null;

  const audit = (by: Actor | null, failed: boolean) => {
    if (by !== null) db.transaction((tx) => record(tx, { by, event: "backup.made", failed }));
  };
  const make = async (by: Actor | null, signal: AbortSignal): Promise<void> => {
    const { data_dir, backup } = config();
    const started = performance.now();
    let file = nextCopy(data_dir);
    // Its name has the second: a copy of this very one lacks what came since.
    for (; existsSync(file); file = nextCopy(data_dir)) await Bun.sleep(50);
    await copyElsewhere(data_dir, file, configFile, signal);
    for (const { path } of nightlyCopies(data_dir).slice(backup.keep)) rmSync(path, { force: true });
    audit(by, false);
    failures = 0;
    failedAt = null;
    running = false;
    log.event("backup.made", { duration_ms: Math.round(performance.now() - started) });
  };
  const run = async (signal: AbortSignal): Promise<number> => {
    const { data_dir, backup } = config();
    const by = asked;
    const [newest] = nightlyCopies(data_dir);
    const now = Date.now();
    const last = newest === undefined || isAhead(newest.madeAt, now) ? 0 : newest.madeAt;
    const dueIn = last + backup.every_hours * hour - now;
    if (by === null && dueIn > 0) return Math.min(dueIn, lookMs);
    running = true;
    asked = null;
    try {
      await make(by, signal);
      return Math.min(backup.every_hours * hour, lookMs);
    } catch (error) {
      if (signal.aborted) throw error;
      failures += 1;
      failedAt = Date.now();
      running = false;
      audit(by, true);
      log.event("backup.failed", errorFields(error));
      return Math.min(1000 * 2 ** failures, lookMs);
    }
  };
  const worker = startWorker({
    name: "backup",
    run,
    onError: (error) => log.event("backup.failed", errorFields(error)),
  });
  return {
    stop: worker.stop,
    now: (by) => {
      if (running || asked !== null) return;
      asked = by;
      worker.wake();
    },
    state: () => ({
      running: running || asked !== null,
      lastAt: nightlyCopies(config().data_dir)[0]?.madeAt ?? null,
      failedAt,
    }),
  };
}

async function copyElsewhere(dataDir: string, file: string, configFile: string | null, signal: AbortSignal) {
  const built = import.meta.path.startsWith("/$bunfs/");
  const self = built ? [process.execPath] : [process.execPath, join(import.meta.dir, "../main.ts")];
  const argv = [...self, copyBoxCommand, dataDir, file, ...(configFile === null ? [] : [configFile])];
  const child = Bun.spawn(argv, { env: {}, stdin: "ignore", stdout: "ignore", stderr: "ignore", signal });
  if ((await child.exited) !== 0) throw new Error("the process that copies the box failed");
}
