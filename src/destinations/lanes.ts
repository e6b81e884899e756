/** The items as long as their taker may go on: from a no on there are none. */
export function* asLongAs<T>(mayGoOn: (() => boolean) | undefined, items: Iterable<T>): Generator<T> {
  for (const item of items) {
    if (mayGoOn?.() === false) return;
    yield item;
  }
}

/**
 * Works through the items in order, at most `width` at a time. The first error stops the others through their signal;
 * it is thrown once all of them have ended, so nothing happens after the promise has settled.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  width: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const queue = items[Symbol.iterator]();
  let firstError: { readonly error: unknown } | null = null;

  const lane = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      both.throwIfAborted();
      await work(next.value, both);
    }
  };
  const guarded = async () => {
    try {
      await lane();
    } catch (error) {
      firstError ??= { error };
      failed.abort(error);
    }
  };
  await Promise.all(Array.from({ length: width }, guarded));
  signal.throwIfAborted();
  if (firstError !== null) throw (firstError as { readonly error: unknown }).error;
}
