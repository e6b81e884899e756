import { record, theBox } from "./audit/record.ts";
import type { Moment } from "./core/clock.ts";
import type { Config } from "./core/config-schema.ts";
import type { Live } from "./core/live.ts";
import { errorFields, type Log } from "./core/log.ts";
import { startWorker, type Worker } from "./core/worker.ts";
import { forgetAuditReasons } from "./db/audit.ts";
import { saveMoment } from "./db/clock.ts";
import type { Database } from "./db/database.ts";
import { forgetDeliveredBefore } from "./db/delivered.ts";
import { forgetInvitations } from "./db/invitations.ts";
import { blankStudies, deliveriesOf, forgetContents } from "./db/studies.ts";
import {
  blankUpload,
  findUpload,
  forgetRanges,
  updateUpload,
  uploadsIn,
  uploadsWithFilesLeft,
  uploadsWithNamesLeft,
} from "./db/uploads.ts";
import { applyExpire } from "./forward/cancel.ts";
import type { Forwarder } from "./forward/dispatcher.ts";
import { applyAccept } from "./forward/settle.ts";
import { removeFolder } from "./upload/reconcile.ts";
import type { Spool } from "./upload/spool.ts";

interface CleanupDeps {
  readonly db: Database;
  readonly spool: Spool;
  readonly config: () => Config;
  readonly live: Live;
  readonly log: Log;
  readonly now: () => Moment;
  /** Ends an upload for good, once nothing of it is under way to a destination. */
  readonly endUpload: Forwarder["end"];
  /** Takes it from the box's own copies as well, before it is taken here: after a cut it is done again. */
  readonly forgetInCopies: (uploadIds: readonly string[], all: boolean) => void;
}

const hour = 3_600_000;
/** How long a confirmed object is known again. Longer than anyone sends the same disc again, short of growing for ever. */
const rememberedMs = 400 * 24 * hour;
/** Between rounds: short against the shortest retention anyone sets, long against the cost of a look. */
const roundMs = 15_000;

/** Expiry, purge and blanking (CONTRACT §2 retention, §4.8); also woken when an upload ends. */
export function startCleanup(deps: CleanupDeps): Worker {
  const warned = new Map<string, number>();
  let forgotAt = Number.NEGATIVE_INFINITY;
  return startWorker({
    name: "cleanup",
    run: async () => {
      try {
        return await round();
      } finally {
        // Also where a round fails again and again: what a kill takes of box time, every retry would wait longer.
        saveMoment(deps.db.orm, deps.now());
      }
    },
    onError: (error) => deps.log.event("worker.failed", { worker: "cleanup", ...errorFields(error) }),
  });

  async function round(): Promise<number> {
    // What frees space and takes patient data away comes first: nothing before it can keep it from being done.
    await purge(deps);
    blank(deps);
    forgetOldInvitations(deps);
    await expireIdle(deps);
    endParked(deps, warned);
    // Looks at every row, so once a day.
    const { wall, box } = deps.now();
    if (box - forgotAt > 24 * hour) {
      forgotAt = box;
      forgetDeliveredBefore(deps.db.orm, wall - rememberedMs);
    }
    await deps.spool.layBallast();
    return Math.min(roundMs, Math.max(500, shortestRetentionMs(deps.config()) / 4));
  }
}

/** An unfinished upload without traffic expires; one that waits for a person does so after failed_hours. */
async function expireIdle({ db, config, live, log, now, endUpload }: CleanupDeps): Promise<void> {
  const { upload_idle_hours, failed_hours } = config().retention;
  const idle = uploadsIn(db.orm, ["receiving"]).filter(
    (row) => now().box - row.lastTrafficAt > upload_idle_hours * hour,
  );
  const unanswered = uploadsIn(db.orm, ["needs_confirmation"]).filter(
    (row) => now().box - row.lastTrafficAt > failed_hours * hour,
  );
  for (const { id } of [...idle, ...unanswered]) {
    // A study of it may be on its way while another one waits for a person.
    await endUpload(id, (tx, mayBeThere) => {
      const state = findUpload(tx, id)?.state;
      if (state !== "receiving" && state !== "needs_confirmation") return;
      record(tx, { by: theBox, event: "upload.expired", uploadId: id });
      applyExpire(tx, id, now(), mayBeThere);
    });
    log.event("upload.expired", { upload_id: id });
    live.changed(id);
  }
}

/** Parked studies: a warning a day from half-time on, then the end. */
function endParked({ db, config, live, log, now }: CleanupDeps, warned: Map<string, number>): void {
  const keepMs = config().retention.failed_hours * hour;
  for (const { id } of uploadsIn(db.orm, ["needs_attention"])) {
    const parkedAt = deliveriesOf(db.orm, id).flatMap((row) => (row.state === "parked" ? [row.updatedBox] : []));
    const restingMs = parkedAt.length === 0 ? 0 : now().box - Math.max(...parkedAt);
    if (restingMs > keepMs) {
      db.transaction((tx) => {
        record(tx, { by: theBox, event: "upload.given_up", uploadId: id });
        applyAccept(tx, id, now());
      });
      warned.delete(id);
      log.event("upload.given_up", { upload_id: id });
      live.changed(id);
    } else if (restingMs > keepMs / 2 && now().box - (warned.get(id) ?? 0) > 24 * hour) {
      warned.set(id, now().box);
      log.event("upload.parked_long", { upload_id: id });
    }
  }
}

/** Files leave the spool as soon as nothing needs them any more, and what was in them leaves the database (P13). */
async function purge(deps: CleanupDeps): Promise<void> {
  const { db, live, log, now } = deps;
  const purged: string[] = [];
  for (const { id } of uploadsWithFilesLeft(db.orm)) {
    if (!(await removeFolder(deps, id))) continue;
    deps.forgetInCopies([id], false);
    db.transaction((tx) => {
      forgetRanges(tx, id);
      forgetContents(tx, id);
      updateUpload(tx, id, { filesRemovedAt: now().wall });
      record(tx, { by: theBox, event: "upload.purged", uploadId: id });
    });
    purged.push(id);
  }
  if (purged.length === 0) return;
  db.checkpoint();
  for (const id of purged) {
    log.event("upload.purged", { upload_id: id });
    live.changed(id);
  }
}

/** After display_hours only UIDs, counts and times remain, in the database file and its log as well. */
function blank({ db, config, live, now, forgetInCopies }: CleanupDeps): void {
  const before = now().box - config().retention.display_hours * hour;
  const rows = uploadsWithNamesLeft(db.orm, before);
  const reasons = forgetAuditReasons(db.orm, before);
  if (rows.length === 0 && reasons === 0) return;
  forgetInCopies(
    rows.map(({ id }) => id),
    true,
  );
  db.transaction((tx) => {
    for (const { id } of rows) {
      blankUpload(tx, id, now().wall);
      blankStudies(tx, id);
      record(tx, { by: theBox, event: "upload.blanked", uploadId: id });
    }
  });
  db.checkpoint();
  for (const { id } of rows) live.changed(id);
}

/** Their labels and orders name patients: they stay as long as those of an upload. */
function forgetOldInvitations({ db, config, now }: CleanupDeps): void {
  if (forgetInvitations(db.orm, now().box - config().retention.display_hours * hour) > 0) db.checkpoint();
}

const shortestRetentionMs = ({ retention }: Config) =>
  Math.min(retention.upload_idle_hours, retention.failed_hours, retention.display_hours) * hour;
