/** Several works under way at once, begun one after the other. */
export function inFlight(most: number) {
  const running = new Set<Promise<void>>();
  let failure: { readonly cause: unknown } | undefined;
  const toldOf = () => {
    if (failure) throw failure.cause;
  };
  return {
    /** Begins a work as soon as there is room for it. @throws what one of those before failed with */
    async begin(work: () => Promise<void>): Promise<void> {
      while (running.size >= most) await Promise.race(running);
      toldOf();
      const one: Promise<void> = work()
        .catch((cause) => {
          failure ??= { cause };
        })
        .finally(() => running.delete(one));
      running.add(one);
    },
    /** Waits for all that was begun. @throws what one of them failed with first */
    async end(): Promise<void> {
      await this.settled();
      toldOf();
    },
    /** The same without a word of failures. */
    async settled(): Promise<void> {
      await Promise.all(running);
    },
  };
}
