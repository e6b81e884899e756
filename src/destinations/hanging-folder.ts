import { DestinationError } from "./destination.ts";
import { inTurn } from "./in-turn.ts";
import { watchdog } from "./watchdog.ts";

/** Roots below which a call was given up and has not come back. Over the whole process: a reload does not mend a mount. */
const lost = new Set<string>();
/** How long work that was told to end may take for it. */
const graceMs = 1000;

const hangs = () =>
  new DestinationError("destination_timeout", "The destination folder does not answer; its mount seems to hang.", true);

interface Place {
  readonly root: string;
  readonly idleMs: number;
  readonly outer: AbortSignal;
}
type Work<T> = (signal: AbortSignal, moved: () => void) => Promise<T>;

/**
 * Work below a folder whose mount may hang: a system call on it then never comes back, and nothing can end it. What moves nothing
 * for `idleMs` is given up, and nothing new is begun there before it did come back. One call at a time: each that hangs keeps a
 * thread of the process, which has as many as cores, and with the last of them every other file would hang too (measured).
 * @param work is to heed its signal, calls `moved` with each step, and says nothing any more once the signal is aborted
 * @throws DestinationError destination_timeout, where it hangs; the reason of `outer`; what `work` throws
 */
export async function unlessHanging<T>(place: Place, work: Work<T>): Promise<T> {
  const { root, outer } = place;
  outer.throwIfAborted();
  if (lost.has(root)) throw hangs();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  let begun = false;
  const result = inTurn(`folder ${root}`, async () => {
    outer.throwIfAborted();
    if (lost.has(root)) throw hangs();
    begun = true;
    return await guard(place, work);
  });
  // Who waits for his turn need not wait to be ended.
  const endWaiting = () => {
    if (!begun) reject(outer.reason);
  };
  outer.addEventListener("abort", endWaiting, { once: true });
  try {
    return await Promise.race([result, ended]);
  } finally {
    outer.removeEventListener("abort", endWaiting);
  }
}

async function guard<T>({ root, idleMs, outer }: Place, work: Work<T>): Promise<T> {
  const dog = watchdog(idleMs);
  const signal = AbortSignal.any([outer, dog.signal]);
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  let grace: ReturnType<typeof setTimeout> | undefined;
  let isLost = false;
  const giveUp = () => {
    isLost = true;
    lost.add(root);
    reject(outer.aborted ? outer.reason : hangs());
  };
  const cut = () => {
    if (dog.signal.aborted) giveUp();
    else grace = setTimeout(giveUp, graceMs);
  };
  signal.addEventListener("abort", cut, { once: true });
  const running = work(signal, dog.poke).finally(() => {
    signal.removeEventListener("abort", cut);
    clearTimeout(grace);
    dog.stop();
    if (isLost) lost.delete(root);
  });
  return await Promise.race([running, givenUp]);
}
