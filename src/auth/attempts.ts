import { RelayError } from "../core/errors.ts";
import { keyedHash } from "../core/keyed-hash.ts";
import type { Database, Queries } from "../db/database.ts";
import { findCount, forgetCount, forgetOldCounts, saveCount } from "../db/sign-in-counts.ts";

const minuteMs = 60_000;
/** The longest anyone is told to wait: no account is ever locked for good (T1). */
const longestDelayMs = 15 * minuteMs;
const forgetGuessesMs = 60 * minuteMs;
/** An address from which an account has signed in is its owner's for so long. */
const knownMs = 30 * 24 * 60 * minuteMs;

/** A guess at a secret: whose (`name anna`, `totp ID`), and from which network. */
export interface Guess {
  readonly subject: string;
  readonly network: string;
  /** Free guesses before each further one has to wait; the configured number where absent. */
  readonly free?: number;
}

/** Of a million codes three are good at any time: five tries (T7). */
export const totpGuess = (userId: string, network: string): Guess => ({ subject: `totp ${userId}`, network, free: 5 });

export interface Attempts {
  /** Counts a request before anything of it is read. @throws RelayError too_many_attempts */
  knock(network: string): void;
  /** Counts a guess before it is looked at, so that many at once are no way round. @throws RelayError too_many_attempts */
  begin(guess: Guess): void;
  /** All guesses of a request were right: nothing of it counts, and this network is the subjects' own from now on. */
  succeed(network: string, guesses: readonly Guess[]): void;
  /** They were right as far as they went; whose network it is, is not shown yet. */
  forgive(network: string, guesses: readonly Guess[]): void;
}

/** One bucket that a guess falls into. */
interface Rule {
  readonly key: string;
  readonly free: number;
  /** `minute`: so many in each minute. `delay`: past the free ones each waits longer than the one before. */
  readonly kind: "minute" | "delay";
}

/**
 * Guesses by network (so many a minute) and by subject and network (then 1, 2, 4 … 15 min apart). Guesses at one subject from
 * all networks together are slowed as well, but not for a network from which it has signed in before: strangers cannot keep
 * the owner out. On record, so that a restart forgives nothing; in box time, so that no clock does.
 */
export function createAttempts(deps: {
  db: Database;
  hashKey: Uint8Array;
  perMinute: () => number;
  /** Box time. */
  now: () => number;
}): Attempts {
  const { db, hashKey, perMinute, now } = deps;
  const key = (...parts: string[]) => keyedHash(hashKey, "sign-in", ...parts);
  const networkRule = (network: string): Rule => ({ key: key("from", network), free: perMinute(), kind: "minute" });
  const pairRule = ({ subject, network, free = perMinute() }: Guess): Rule => ({
    key: key("pair", subject, network),
    free,
    kind: "delay",
  });
  const everywhereRule = ({ subject, free = perMinute() }: Guess): Rule => ({
    key: key("at", subject),
    free: 2 * free,
    kind: "delay",
  });
  const knownKey = ({ subject, network }: Guess) => key("known", subject, network);

  const requireFree = (tx: Queries, rule: Rule, time: number) => {
    const wait = (findCount(tx, rule.key, time)?.blockedUntil ?? 0) - time;
    if (wait > 0)
      throw new RelayError("too_many_attempts", undefined, { retryAfterSeconds: Math.max(1, Math.ceil(wait / 1000)) });
  };
  const count = (tx: Queries, rule: Rule, time: number): number => {
    const row = findCount(tx, rule.key, time);
    const reached = (row?.count ?? 0) + 1;
    const past = reached - rule.free;
    if (rule.kind === "minute") {
      const forgetAt = row?.forgetAt ?? time + minuteMs;
      saveCount(tx, { key: rule.key, count: reached, blockedUntil: past < 0 ? 0 : forgetAt, forgetAt });
    } else {
      const delay = past < 0 ? 0 : Math.min(longestDelayMs, minuteMs * 2 ** Math.min(past, 10));
      saveCount(tx, { key: rule.key, count: reached, blockedUntil: time + delay, forgetAt: time + forgetGuessesMs });
    }
    return reached;
  };
  const takeBack = (tx: Queries, rule: Rule, time: number) => {
    const row = findCount(tx, rule.key, time);
    if (!row) return;
    const left = Math.max(0, row.count - 1);
    saveCount(tx, { ...row, count: left, blockedUntil: left < rule.free ? 0 : row.blockedUntil });
  };

  const forgive = (tx: Queries, network: string, guesses: readonly Guess[], time: number) => {
    takeBack(tx, networkRule(network), time);
    for (const guess of guesses) {
      forgetCount(tx, pairRule(guess).key);
      takeBack(tx, everywhereRule(guess), time);
    }
  };

  return {
    knock: (network) =>
      db.transaction((tx) => {
        const [time, rule] = [now(), networkRule(network)];
        requireFree(tx, rule, time);
        forgetOldCounts(tx, time);
        count(tx, rule, time);
      }),
    begin: (guess) =>
      db.transaction((tx) => {
        const time = now();
        const [pair, everywhere] = [pairRule(guess), everywhereRule(guess)];
        const known = findCount(tx, knownKey(guess), time) !== undefined;
        for (const rule of known ? [pair] : [pair, everywhere]) requireFree(tx, rule, time);
        // One network alone never slows the others: what it is let guess beyond its free ones is its own matter.
        if (count(tx, pair, time) <= pair.free && !known) count(tx, everywhere, time);
      }),
    succeed: (network, guesses) =>
      db.transaction((tx) => {
        const time = now();
        forgive(tx, network, guesses, time);
        for (const guess of guesses)
          saveCount(tx, { key: knownKey(guess), count: 0, blockedUntil: 0, forgetAt: time + knownMs });
      }),
    forgive: (network, guesses) => db.transaction((tx) => forgive(tx, network, guesses, now())),
  };
}
