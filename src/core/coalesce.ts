/**
 * One run of the work for all who ask while another one is under way: whoever asks is answered by a run that began after the
 * asking, and fails with it.
 */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    const run = work().finally(() => {
      if (running === run) running = undefined;
    });
    running = run;
    return run;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running
      .catch(() => undefined) // told to those who asked for it
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}

/** The same for each key; of a key nobody waits for, nothing is kept. */
export function coalescedBy<Key>(work: (key: Key) => Promise<void>): (key: Key) => Promise<void> {
  const byKey = new Map<Key, { readonly ask: () => Promise<void>; waiting: number }>();
  return async (key) => {
    const entry = byKey.get(key) ?? { ask: coalesced(() => work(key)), waiting: 0 };
    byKey.set(key, entry);
    entry.waiting += 1;
    try {
      await entry.ask();
    } finally {
      entry.waiting -= 1;
      if (entry.waiting === 0) byKey.delete(key);
    }
  };
}
