/** Bytes the device can still keep, 10 % spared; null where it does not say. */
export async function roomOnDevice(): Promise<number | null> {
  const estimate = await navigator.storage?.estimate?.().catch(() => null);
  if (!estimate || estimate.quota === undefined) return null;
  return Math.max(0, Math.floor(estimate.quota * 0.9 - (estimate.usage ?? 0)));
}

let asked: Promise<boolean> | null = null;
/** Asks once that the browser does not clear the store by itself; what it answers changes nothing. */
export function askToPersist(): Promise<boolean> {
  asked ??= navigator.storage?.persist?.().catch(() => false) ?? Promise.resolve(false);
  return asked;
}
