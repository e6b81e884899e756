/** Fires when nothing has moved for a while; every `poke` starts the wait afresh. */
export interface Watchdog {
  readonly signal: AbortSignal;
  poke(): void;
  stop(): void;
}

/** @param idleMs the longest wait without a byte in either direction, milliseconds. */
export function watchdog(idleMs: number): Watchdog {
  const controller = new AbortController();
  const fire = () => controller.abort(new Error("nothing moved"));
  const timer = setTimeout(fire, idleMs);
  return { signal: controller.signal, poke: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
