const turns = new Map<string, Promise<void>>();

/** Does the work of one key one after the other, over the whole process; the result and the error are the work's own. */
export async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const result = (turns.get(key) ?? Promise.resolve()).then(work);
  const ended = result.then(
    () => undefined,
    () => undefined,
  );
  turns.set(key, ended);
  try {
    return await result;
  } finally {
    if (turns.get(key) === ended) turns.delete(key);
  }
}
