import { RelayError } from "../core/errors.ts";
import { longestPassword } from "./password-rules.ts";

/** RELIABILITY T2: 63 ms a hash on this class of machine. */
const parameters = { algorithm: "argon2id", memoryCost: 19456, timeCost: 2 } as const;
/** Argon2 takes memory, 19 MiB each: at most so many at once (T2). */
const mostAtOnce = 4;
/** Sign-ins under way, those that wait included: two cores take about 2 s for them, and whoever comes then is told to come again. */
const mostSignIns = 64;

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  while (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

let signIns = 0;

/** @throws RelayError service_unavailable where all places are taken: the queue must not grow with those who ask (T2) */
export function requireRoomToSignIn(): void {
  if (signIns >= mostSignIns) throw new RelayError("service_unavailable", undefined, { retryAfterSeconds: 2 });
}

/**
 * Takes a place among the sign-ins under way, before a guess is counted.
 * @returns what gives it back; call it once
 * @throws RelayError service_unavailable
 */
export function beginSignIn(): () => void {
  requireRoomToSignIn();
  signIns += 1;
  return () => {
    signIns -= 1;
  };
}

/** In the PHC string format, with its own salt and parameters. */
export const hashSecret = (secret: string): Promise<string> => inTurn(() => Bun.password.hash(secret, parameters));

/** Whether it is the one; what is longer than any password is none, and is not hashed as it came. */
export const verifySecret = (secret: string, hash: string): Promise<boolean> =>
  inTurn(() => Bun.password.verify(secret.slice(0, 2 * longestPassword + 1), hash));

/** Made with other parameters than today's. */
export const isOutdated = (hash: string): boolean =>
  !hash.startsWith(`$argon2id$v=19$m=${parameters.memoryCost},t=${parameters.timeCost},p=1$`);
