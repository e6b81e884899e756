import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import type { Database } from "../db/database.ts";
import { type DeliveredRow, forgetDelivered } from "../db/delivered.ts";
import { filesOf, findUpload, needAgain, noteAsked, type UploadRow } from "../db/uploads.ts";
import type { Destination } from "../destinations/destination.ts";
import { leftOut, provenFiles } from "./duplicates.ts";

export interface StillThereDeps {
  readonly db: Database;
  readonly config: () => Config;
  readonly destinations: (id: string) => Destination | undefined;
  readonly now: () => Moment;
  /** How long a destination may take to answer; then the earlier confirmation stands, and that is told. */
  readonly askMs?: number;
}

const defaultAskMs = 10_000;

/** What one destination is asked for: of one study. */
interface Question {
  readonly destinationId: string;
  readonly rows: readonly DeliveredRow[];
}

/**
 * Asks every destination once whether it still shows what was left out of an upload as delivered before. What one does not show is
 * needed again: its confirmation of then counts no more, and `complete` says which files are missing.
 * @returns whether something is needed again
 */
export async function askAgain(deps: StillThereDeps, upload: UploadRow, signal: AbortSignal): Promise<boolean> {
  const { db } = deps;
  const files = leftOut(filesOf(db.orm, upload.id));
  if (files.length === 0) return false;
  const proven = provenFiles(db.orm, deps.config(), upload, files);
  const byPlace = Map.groupBy([...proven.values()].flat(), (row) => `${row.destinationId} ${row.studyInstanceUID}`);
  const questions = [...byPlace.values()].map((rows) => ({ destinationId: rows[0]?.destinationId ?? "", rows }));
  const cut = AbortSignal.any([signal, AbortSignal.timeout(deps.askMs ?? defaultAskMs)]);
  const answers = await Promise.all(
    questions.map(async (question) => ({ ...question, shown: await ask(deps, question, cut) })),
  );

  const unasked = new Set<string>();
  const gone = new Set<string>();
  return db.transaction((tx) => {
    if (findUpload(tx, upload.id)?.state !== "receiving") return false;
    for (const { destinationId, rows, shown } of answers) {
      const missing = rows.filter(({ sopInstanceUID }) => shown !== null && !shown.has(sopInstanceUID));
      forgetDelivered(
        tx,
        destinationId,
        missing.map(({ objectKey }) => objectKey),
      );
      for (const { objectKey } of missing) gone.add(objectKey);
      if (shown === null) for (const { objectKey } of rows) unasked.add(objectKey);
    }
    // As they are by now: another `complete` may have asked as well, and bytes may have come since.
    for (const file of leftOut(filesOf(tx, upload.id)))
      if (gone.has(file.objectKey)) needAgain(tx, file);
      else if (proven.has(file.objectKey) && !unasked.has(file.objectKey)) noteAsked(tx, file, deps.now().wall);
    return gone.size > 0;
  });
}

/** Null where it cannot be asked or gives no answer. */
async function ask(
  { destinations }: StillThereDeps,
  { destinationId, rows }: Question,
  cut: AbortSignal,
): Promise<ReadonlySet<string> | null> {
  // An adapter that overlooks the signal must not keep the sender waiting.
  const { promise: silence, resolve } = Promise.withResolvers<null>();
  cut.addEventListener("abort", () => resolve(null), { once: true });
  const answer = destinations(destinationId)?.shows(rows, cut) ?? null;
  return await Promise.race([Promise.resolve(answer).catch(() => null), silence]);
}
