import type { Transaction } from "./database.ts";

interface Waiting {
  run(tx: Transaction): void;
  answer(): void;
  fail(error: unknown): void;
}

export interface GroupCommitParts {
  /** One transaction that need not be on stable storage when it returns; all or nothing. */
  readonly transaction: (work: (tx: Transaction) => void) => void;
  /** Puts what was committed before the call on stable storage. */
  readonly sync: () => Promise<void>;
}

/**
 * One transaction and one sync for all that want to write while the group before is being synced; nobody is answered before the
 * sync, and the event loop does not wait for the disk. A group in which one fails is taken apart: each of it alone, so that only that
 * one fails.
 */
export function createGroupCommit({ transaction, sync }: GroupCommitParts) {
  let queue: Waiting[] = [];
  let flushing = false;
  /** The group that can be read already and is not on stable storage yet. */
  let visible: Promise<void> = Promise.resolve();

  /** @returns those whose work is committed; the others have been told */
  function commit(group: readonly Waiting[]): readonly Waiting[] {
    try {
      transaction((tx) => {
        for (const one of group) one.run(tx);
      });
      return group;
    } catch (error) {
      const [only] = group;
      if (group.length > 1) return group.flatMap((one) => commit([one]));
      only?.fail(error);
      return [];
    }
  }

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const group = queue;
      queue = [];
      const committed = commit(group);
      if (committed.length === 0) continue;
      visible = sync();
      try {
        await visible;
        for (const one of committed) one.answer();
      } catch (error) {
        for (const one of committed) one.fail(error);
      }
    }
    flushing = false;
  }

  return {
    /** Runs the work in a transaction that others may share. It can run more than once; only its last run counts. */
    commit<T>(work: (tx: Transaction) => T): Promise<T> {
      return new Promise((resolve, reject) => {
        let result: T;
        const run = (tx: Transaction) => {
          result = work(tx);
        };
        queue.push({ run, answer: () => resolve(result), fail: reject });
        if (flushing) return;
        flushing = true;
        setImmediate(() => void flush()); // whoever is ready in this turn of the event loop comes along
      });
    },
    /** Resolves when all that can be read now is on stable storage; after a failed sync another one has to succeed. */
    settled: (): Promise<void> =>
      visible.catch(() => {
        visible = sync();
        return visible;
      }),
  };
}
