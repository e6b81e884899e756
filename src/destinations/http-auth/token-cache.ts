import type { HttpAuth } from "./http-auth.ts";

/** An access token as a token endpoint gives it (RFC 6749 5.1). */
export interface AccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** Renewed so long before its end: a request that is on its way still finds it valid. Of a short-lived one, half its time. */
const MARGIN_SECONDS = 60;
const LONGEST_WAIT_MS = 60_000;

/**
 * Signs in with a token that is asked for once, kept for its time, renewed before its end, and dropped when it is refused.
 * Requests that need one at the same moment share one question.
 * @param now milliseconds on a clock that never jumps
 */
export function tokenAuth(
  ask: (signal: AbortSignal) => Promise<AccessToken>,
  now: () => number = () => performance.now(),
): HttpAuth {
  let held: { readonly header: string; readonly renewAt: number } | null = null;
  let asking: Promise<string> | null = null;

  async function renew(): Promise<string> {
    // The moment of the question: the answer's time may have begun to run at once.
    const asked = now();
    const { token, expiresInSeconds } = await ask(AbortSignal.timeout(LONGEST_WAIT_MS));
    const seconds = Math.max(expiresInSeconds - MARGIN_SECONDS, expiresInSeconds / 2);
    held = { header: `Bearer ${token}`, renewAt: asked + seconds * 1000 };
    return held.header;
  }

  return {
    signIn: async (_request, signal, rejected) => {
      signal.throwIfAborted();
      // Another request may have renewed it meanwhile: then the new one is what to try.
      if (held !== null && (held.header === rejected?.authorization || held.renewAt <= now())) held = null;
      if (held !== null) return { headers: { authorization: held.header } };
      asking ??= renew().finally(() => {
        asking = null;
      });
      return { headers: { authorization: await unlessAborted(asking, signal) } };
    },
  };
}

/** One who gives up does not take the answer from those who wait with him. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
