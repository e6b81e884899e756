/** Bytes the device can still keep, 10 % spared; null where it does not say. */
export async function roomOnDevice(): Promise<number | null> {
  const estimate = await navigator.storage?.estimate?.().catch(() => null);
  if (!estimate || estimate.quota === undefined) return null;
  return Math.max(0, Math.floor(estimate.quota * 0.9 - (estimate.usage ?? 0)));
}

let asked = false;
/** Asks once that the browser does not clear the store by itself. Nothing waits for it: Firefox asks the person first. */
export function askToPersist(): void {
  if (asked) return;
  asked = true;
  void navigator.storage?.persist?.().catch(() => false);
}
