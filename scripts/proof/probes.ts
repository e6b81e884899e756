const second = 1000;

/** One look a second; refused connections are tried again until its second is over, as every client of the box does. */
export interface Probes {
  /** How long each took to be answered, milliseconds; Infinity: not within its second. */
  readonly took: number[];
  /** Answers other than 200. */
  readonly refused: number[];
  stop(): Promise<void>;
}

/** @param url the box's address, or where to ask for it: a restarted one may have another port */
export function startProbes(url: string | (() => string)): Probes {
  const [took, refused, running]: [number[], number[], Promise<void>[]] = [[], [], []];
  const ready = () => `${typeof url === "string" ? url : url()}/ready`;
  const look = async () => {
    const started = performance.now();
    for (;;) {
      const left = started + second - performance.now();
      if (left <= 0) return void took.push(Number.POSITIVE_INFINITY);
      const answer = await fetch(ready(), { signal: AbortSignal.timeout(Math.ceil(left)) }).catch(() => null);
      if (answer?.ok) return void took.push(performance.now() - started);
      if (answer) refused.push(answer.status);
      await Bun.sleep(10);
    }
  };
  const timer = setInterval(() => void running.push(look()), second);
  return {
    took,
    refused,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}
