import { auditHead } from "../db/audit.ts";
import type { Database } from "../db/database.ts";
import { type Head, type Verdict, verifyChain } from "./verify.ts";

/** So long a look at the whole chain is believed; what came since is looked at every time. */
const believedMs = 60_000;

/**
 * Whether the audit is complete, for whoever asks often: one look at a time, the whole of it once a minute at most. The last end that
 * held is remembered while the process runs, so that a tail cut off meanwhile shows as well.
 * @param monotonic milliseconds
 */
export function watchAudit(db: Database, monotonic: () => number = () => performance.now()): () => Promise<Verdict> {
  let known: Head | undefined;
  let wholeAt = Number.NEGATIVE_INFINITY;
  let running: Promise<Verdict> | undefined;

  async function look(): Promise<Verdict> {
    const fresh = known !== undefined && monotonic() - wholeAt < believedMs && auditHead(db.orm).seq >= known.seq;
    if (!fresh) wholeAt = monotonic();
    const verdict = await verifyChain(db, known, fresh ? known : undefined);
    if (verdict.broken === null) known = verdict.head;
    else wholeAt = Number.NEGATIVE_INFINITY;
    return verdict;
  }
  return () => {
    running ??= look().finally(() => {
      running = undefined;
    });
    return running;
  };
}
