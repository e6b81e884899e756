import { errorCatalogue } from "../../src/contract/errors.ts";
import { seeded } from "../faults/random.ts";

/** Bad input, made by the thousand out of a fixed seed, and what must hold for each piece of it. */
export interface Corpus {
  readonly name: string;
  /** As many as a full proof runs. */
  readonly full: number;
  /** As many as `npm test` runs. */
  readonly short: number;
  open(): Promise<OpenCorpus>;
}

export interface OpenCorpus {
  /** Makes one and holds it against its oracle. @throws where the oracle is not met */
  one(pick: Pick): Promise<void>;
  /** What holds of the run as a whole. @returns a figure worth telling, "" for none. @throws where it does not hold */
  close(): Promise<string>;
  /** Longest time that the box's event loop stood still so far, milliseconds, where a box takes part. */
  stallMs?(): number;
}

export interface CorpusResult {
  readonly name: string;
  readonly count: number;
  readonly failed: number;
  readonly seconds: number;
  /** Longest time that the box's event loop stood still, milliseconds; 0 where no box takes part. */
  readonly stallMs: number;
  /** What the corpus measured beside that. */
  readonly note: string;
  /** The first few that failed: number and message; `one` makes the same again from seed and number. */
  readonly failures: readonly string[];
}

export const seed = 20261121;

/** Numbers out of one case's own seed. */
export interface Pick {
  below(most: number): number;
  of<T>(items: readonly T[]): T;
  chance(share: number): boolean;
}

export function pickOf(number: number): Pick {
  const random = seeded(seed + number);
  const below = (most: number): number => Math.floor(random() * most);
  return {
    below,
    of: <T>(items: readonly T[]): T => items[below(items.length)] as T,
    chance: (share) => random() < share,
  };
}

const memoryBound = 512 * 1024 * 1024;
const tellAtMost = 5;

/** Runs the cases 0 … count - 1, `lanes` at once; the process must not grow past its bound meanwhile. */
export async function runCorpus(corpus: Corpus, count: number, lanes = 1): Promise<CorpusResult> {
  const started = performance.now();
  const failures: string[] = [];
  let failed = 0;
  let note = "";
  const fail = (what: string, error: unknown): void => {
    failed++;
    const said = error instanceof Error ? error.message : String(error);
    if (failures.length < tellAtMost) failures.push(`${corpus.name} ${what} of seed ${seed}: ${said.slice(0, 500)}`);
  };
  const stray = (error: unknown): void => fail("an error that nobody caught", error);
  process.on("uncaughtException", stray);
  process.on("unhandledRejection", stray);
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  const opened = await corpus.open();
  try {
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let number = next++; number < count; number = next++)
        await opened.one(pickOf(number)).catch((error: unknown) => fail(`${number}`, error));
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    note = await opened.close().catch((error: unknown) => {
      fail("as a whole", error);
      return "";
    });
    process.off("uncaughtException", stray);
    process.off("unhandledRejection", stray);
  }
  const grown = process.memoryUsage.rss() - before;
  if (grown > memoryBound) fail("memory", new Error(`${Math.round(grown / 2 ** 20)} MiB more at the end`));
  const seconds = (performance.now() - started) / 1000;
  return { name: corpus.name, count, failed, seconds, stallMs: opened.stallMs?.() ?? 0, note, failures };
}

/** Stands where a patient's name does; nothing that is told may hold it. */
export const sentinel = "SENTINEL7Q";

/** @throws unless it is a code of the catalogue with a plain sentence that holds nothing out of the input */
export function checkTold(code: unknown, message: unknown): void {
  if (typeof code !== "string" || !(code in errorCatalogue)) throw new Error(`no code of the catalogue: ${code}`);
  if (typeof message !== "string" || !/^[A-Z]\P{Cc}+\.$/u.test(message)) throw new Error(`no sentence: ${message}`);
  if (message.includes(sentinel)) throw new Error(`the sentence of ${code} tells the patient`);
}
