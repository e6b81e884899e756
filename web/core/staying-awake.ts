import type { Queue } from "../queue/types.ts";

/** Hidden for longer than this, a page has probably been frozen by the system. */
const lockedMs = 10_000;

let awake = false;
/** Whether the screen is kept on now. */
export const staysOn = (): boolean => awake;

/** Keeps the screen on while bytes move, and asks before the page closes over bytes that exist only in it. */
export function stayAwake(queue: Queue): void {
  let held: WakeLockSentinel | null = null;
  let asking = false;
  const tell = () => {
    awake = held !== null;
    dispatchEvent(new Event("app-changed"));
  };
  const moving = () => queue.studies.some(({ state }) => state === "uploading" || state === "saving");

  const settle = async (): Promise<void> => {
    if (asking || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    asking = true;
    try {
      if (moving() && held === null) {
        const lock = await navigator.wakeLock.request("screen");
        held = lock;
        tell();
        lock.addEventListener("release", () => {
          held = null;
          tell();
        });
      } else if (!moving()) await held?.release();
    } catch {
      // the battery is low or the browser refuses: sending goes on when the screen is on again
    } finally {
      asking = false;
    }
  };
  let hiddenSince: number | null = null;
  const turned = () => {
    if (document.visibilityState === "hidden") hiddenSince = moving() ? Date.now() : null;
    else if (hiddenSince !== null && Date.now() - hiddenSince > lockedMs && moving())
      dispatchEvent(new Event("app-woken"));
    void settle();
  };
  queue.subscribe(() => void settle());
  document.addEventListener("visibilitychange", turned);
  addEventListener("beforeunload", (event) => {
    const onlyHere = ({ state, kept }: { state: string; kept: boolean }) =>
      state === "saving" || (!kept && state !== "at_box" && state !== "done" && state !== "failed");
    if (queue.studies.some(onlyHere)) event.preventDefault();
  });
  void settle();
}
