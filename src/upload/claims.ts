/**
 * Who may write which chunk of a file just now. Two requests can carry the same chunk at once (a phone that gave up
 * on a stalled connection sends it again): the newer one takes the chunk over, because the older is most likely dead,
 * and the older then only compares. A chunk whose bytes are being synced cannot be taken over. So the older waits for
 * the newer, or anyone for a sync, and never two for each other.
 */
export class Claims {
  private readonly holders = new Map<number, Claim>();
  /** Chunks committed while some request was under way: that request's first look at the database did not see them. */
  private readonly committed = new Set<number>();
  private active = 0;
  private begun = 0;

  /** @param received chunks on record when the request began */
  begin(received: (chunk: number) => boolean): Claim {
    this.active += 1;
    this.begun += 1;
    return new Claim(this, received, this.begun);
  }

  isCommitted = (chunk: number): boolean => this.committed.has(chunk);
  holder = (chunk: number): Claim | undefined => this.holders.get(chunk);
  take = (chunk: number, claim: Claim): void => void this.holders.set(chunk, claim);

  release(claim: Claim, chunks: Iterable<number>, kept: boolean): void {
    for (const chunk of chunks) {
      if (this.holders.get(chunk) === claim) this.holders.delete(chunk);
      if (kept) this.committed.add(chunk);
    }
    this.active -= 1;
    if (this.active === 0) this.committed.clear();
  }

  get idle(): boolean {
    return this.active === 0;
  }
}

/** One request's hold on the chunks it carries. */
export class Claim {
  private readonly mine = new Set<number>();
  /** Chunks this request carries but must not write: received before, or taken over. */
  private readonly foreign = new Set<number>();
  private committing = false;
  private finish: () => void = () => {};
  private readonly finished: Promise<void>;

  constructor(
    private readonly claims: Claims,
    private readonly received: (chunk: number) => boolean,
    private readonly age: number,
  ) {
    this.finished = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  /** Whether this request may write to the chunk now; asks anew before every write. */
  mayWrite(chunk: number): boolean {
    if (this.foreign.has(chunk)) return false;
    const holder = this.claims.holder(chunk);
    if (holder === this) return true;
    const lost = this.mine.delete(chunk);
    const barred = holder !== undefined && (holder.committing || holder.age > this.age);
    if (lost || barred || this.received(chunk) || this.claims.isCommitted(chunk)) {
      this.foreign.add(chunk);
      return false;
    }
    this.claims.take(chunk, this);
    this.mine.add(chunk);
    return true;
  }

  /**
   * Waits until no other request works on chunks that this one carries but may not write; from then on nobody takes
   * its own over. Returns those written by this request alone, in order; null when the others took too long.
   */
  async seal(timeoutMs: number): Promise<number[] | null> {
    const deadline = Promise.withResolvers<null>();
    const timer = setTimeout(() => deadline.resolve(null), timeoutMs);
    try {
      for (;;) {
        for (const chunk of [...this.mine]) this.mayWrite(chunk); // sorts out what was taken over
        const others = new Set([...this.foreign].map(this.claims.holder).filter((holder) => holder !== undefined));
        if (others.size === 0) {
          this.committing = true;
          return [...this.mine].sort((a, b) => a - b);
        }
        const done = await Promise.race([Promise.all([...others].map((other) => other.finished)), deadline.promise]);
        if (done === null) return null;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  get foreignChunks(): number[] {
    return [...this.foreign];
  }

  /** @param kept whether the chunks are on record now */
  end(kept: boolean): void {
    this.claims.release(this, this.mine, kept);
    this.finish();
  }
}
