import { isLocked, isShared, lastTouch, setLastTouch, setLocked } from "./settings.ts";

/** So long nobody touches a shared device before it locks, milliseconds. */
export const lockAfterMs = 120_000;
/** A touch is noted, and the time looked at, so often. */
const lookEveryMs = 5_000;
const touches = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

/** Whether it stands unattended. A clock that was set back counts as long: the lock must not wait for it to catch up. */
export const isUnattended = (touchedAt: number, now: number): boolean =>
  !(now >= touchedAt && now - touchedAt < lockAfterMs);

/** The lock of a shared device. What is sent goes on behind it: the queue knows nothing of it. */
export class DeviceLock {
  /** @param changed what is shown must be looked at again */
  constructor(private readonly changed: () => void) {}

  get locked(): boolean {
    return isShared() && isLocked();
  }
  lock(): void {
    if (!isShared() || isLocked()) return;
    for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[open]")) dialog.close();
    setLocked(true);
    this.changed();
  }
  /** Its person is here, or nobody is signed in any more. */
  unlock(): void {
    setLastTouch(Date.now());
    setLocked(false);
    this.changed();
  }

  /** Locks when nobody touched any of the tabs, also while the device slept or the app was closed. @returns stops watching */
  watch(): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    const look = () => {
      if (isUnattended(lastTouch(), Date.now())) this.lock();
    };
    const touched = () => {
      look(); // a device that slept is touched before its timers run
      const now = Date.now();
      if (!this.locked && Math.abs(now - lastTouch()) > lookEveryMs) setLastTouch(now);
    };
    for (const name of touches) addEventListener(name, touched, { signal, capture: true, passive: true });
    document.addEventListener("visibilitychange", look, { signal });
    addEventListener("storage", () => this.changed(), { signal }); // another tab locked or unlocked
    const timer = setInterval(look, lookEveryMs);
    signal.addEventListener("abort", () => clearInterval(timer));
    look();
    return () => stop.abort();
  }
}
