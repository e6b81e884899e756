import type { ForwardContext } from "./context.ts";

/** Asks a destination that is down, one probe at a time, whether it is up again. */
export class Prober {
  readonly #ending = new AbortController();
  #probing = false;

  constructor(
    private readonly context: ForwardContext,
    private readonly destinationId: string,
  ) {}

  /** Starts a probe when its time has come and none runs; `then` is called after its result is noted. */
  probeWhenDue(nextProbeAt: number, then: () => void): void {
    if (nextProbeAt > this.context.now().box || this.#probing || this.#ending.signal.aborted) return;
    this.#probing = true;
    void this.#probe().then((good) => {
      this.#probing = false;
      if (this.#ending.signal.aborted) return;
      if (good) this.context.health.probed(this.destinationId);
      else this.context.health.probeFailed(this.destinationId);
      then();
    });
  }

  stop(): void {
    this.#ending.abort();
  }

  async #probe(): Promise<boolean> {
    const destination = this.context.destinations(this.destinationId);
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(this.context.probeTimeoutMs)]);
    // A peer's adapter that overlooks the signal must not keep the lane down for ever.
    const { promise: cut, resolve } = Promise.withResolvers<false>();
    signal.addEventListener("abort", () => resolve(false), { once: true });
    const steps = destination?.check(signal).then(
      (all) => all.every(({ ok }) => ok),
      () => false,
    );
    return await Promise.race([steps ?? false, cut]);
  }
}
