/** What a proof says of one promise of the reliability list. */
export interface Outcome {
  readonly promise: string;
  /** What was done, in a few words. */
  readonly what: string;
  readonly target: string;
  /** What was really counted, with the counts. */
  readonly measured: string;
  readonly passed: boolean;
}

/** A share of the full count, and never fewer than three. */
export const share = (full: number, scale: number): number => Math.max(3, Math.round(full * scale));

/** A line on stderr for whoever waits. */
export const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** The largest of them, 0 for none. */
export const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

/** The value that half of them do not exceed. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
