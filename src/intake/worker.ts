import { isDiskFull } from "../core/disk-full.ts";
import { RelayError } from "../core/errors.ts";
import type { Live } from "../core/live.ts";
import { errorFields, type Log } from "../core/log.ts";
import { startWorker } from "../core/worker.ts";
import { findUpload, type UploadRow, updateUpload, uploadsIn } from "../db/uploads.ts";
import { moveUpload } from "../upload/session.ts";
import { type PipelineDeps, runPipeline } from "./pipeline.ts";

export interface Intake {
  wake(): void;
  /** Ends work on an upload and waits until nothing of it runs. */
  cancel(uploadId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Two lanes for anyone, one that only takes STAT, so that an urgent study never waits behind a 50 GB archive. */
const lanes = [{ statOnly: false }, { statOnly: false }, { statOnly: true }];
/** How often the disk is looked at while an upload waits for space, and when it is tried though nothing seems to have changed. */
const defaultSpacePauseMs = 1000;
const spacePatienceMs = 5 * 60_000;
const longestPauseMs = 10 * 60_000;

/** When an upload that could not be finished is tried again, by the clock that nobody sets. */
interface Later {
  readonly at: number;
  readonly failures: number;
  readonly space?: { readonly notEnough: number; readonly patienceEnds: number };
}

interface Job {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Takes uploads whose bytes are complete, urgent ones first, and runs the pipeline over each. */
export function startIntake(
  deps: PipelineDeps & { live: Live; log: Log; onAccepted: () => void; spacePauseMs?: number },
): Intake {
  const { db, live, log, spacePauseMs = defaultSpacePauseMs } = deps;
  const jobs = new Map<string, Job>();
  /** Uploads that met an error or a full disk: not before this time, by the clock that nobody sets. */
  const later = new Map<string, Later>();

  const queued = (statOnly: boolean): UploadRow[] =>
    uploadsIn(db.orm, ["processing"]).filter(
      (upload) => !jobs.has(upload.id) && (!statOnly || upload.serviceLevel === "stat"),
    );
  const waitMs = ({ id }: UploadRow): number => {
    const { at = 0, space } = later.get(id) ?? {};
    const now = performance.now();
    // As much as it began with was not enough: unpacking again would fill the disk again, for everybody.
    if (space && now < space.patienceEnds && deps.spool.freeBytes() <= space.notEnough) return spacePauseMs;
    return at - now;
  };

  async function runOne(upload: UploadRow, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const freeBytes = deps.spool.freeBytes();
    try {
      const { accepted, ...counts } = await runPipeline(deps, upload, signal);
      later.delete(upload.id);
      if (accepted)
        log.event("upload.accepted", {
          upload_id: upload.id,
          ...counts,
          duration_ms: Math.round(performance.now() - startedAt),
        });
      deps.onAccepted();
    } catch (error) {
      if (signal.aborted) return;
      await handle(error, upload, freeBytes);
    }
    live.changed(upload.id);
  }

  /** Dates the next try before anything that can fail itself: on a full disk the row may not be written. */
  async function handle(error: unknown, upload: UploadRow, freeBytes: number): Promise<void> {
    const noSpace = isDiskFull(error) || (error instanceof RelayError && error.code === "insufficient_storage");
    if (noSpace) {
      const now = performance.now();
      const space = { notEnough: freeBytes, patienceEnds: now + spacePatienceMs };
      later.set(upload.id, { at: now + spacePauseMs, failures: 0, space });
      log.event("upload.waiting_for_space", { upload_id: upload.id, free_bytes: deps.spool.freeBytes() });
      await deps.spool.emptyFolder(upload.id, "work");
      db.transaction((tx) => updateUpload(tx, upload.id, { waitingForSpace: true }));
      return;
    }
    const failures = (later.get(upload.id)?.failures ?? 0) + 1;
    later.set(upload.id, { at: performance.now() + Math.min(longestPauseMs, 1000 * 2 ** failures), failures });
    const lost = error instanceof RelayError && error.code === "files_lost";
    const tooLong = deps.now().box - upload.lastTrafficAt > deps.config().retention.retry_hours * 3_600_000;
    log.event("upload.intake_failed", { upload_id: upload.id, attempts: failures, ...errorFields(error) });
    if (!lost && !tooLong) return;
    db.transaction((tx) => {
      const row = findUpload(tx, upload.id);
      if (row?.state === "processing")
        moveUpload(tx, row, "failed", deps.now(), { errorCode: lost ? "files_lost" : "internal_error" });
    });
    later.delete(upload.id);
  }

  const workers = lanes.map(({ statOnly }, index) =>
    startWorker({
      name: `intake_${index}`,
      run: async (stopSignal) => {
        const waiting = queued(statOnly);
        const upload = waiting.find((row) => waitMs(row) <= 0);
        if (!upload) return waiting.length === 0 ? null : Math.min(...waiting.map(waitMs));
        const abort = new AbortController();
        const stopped = () => abort.abort();
        stopSignal.addEventListener("abort", stopped);
        const done = runOne(upload, abort.signal).finally(() => {
          jobs.delete(upload.id);
          stopSignal.removeEventListener("abort", stopped);
        });
        jobs.set(upload.id, { abort, done });
        await done;
        return 0;
      },
      onError: (error, worker) => log.event("worker.failed", { worker, ...errorFields(error) }),
    }),
  );

  return {
    wake: () => {
      for (const worker of workers) worker.wake();
    },
    cancel: async (uploadId) => {
      const job = jobs.get(uploadId);
      job?.abort.abort();
      later.delete(uploadId);
      await job?.done.catch(() => undefined); // its error is told by the lane
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
