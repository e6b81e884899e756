/**
 * Who may write which chunk of a file just now. Two requests can carry the same chunk at once (a phone that gave up
 * on a stalled connection sends it again): the newer one takes the chunk over, because the older is most likely dead,
 * and the older then only compares. A chunk whose bytes are being synced cannot be taken over.
 */
export class Claims {
  private readonly holders = new Map<number, Claim>();
  /** Chunks committed while some request was under way: that request's first look at the database did not see them. */
  private readonly committed = new Set<number>();
  private active = 0;

  /** @param received chunks on record when the request began */
  begin(received: (chunk: number) => boolean): Claim {
    this.active += 1;
    return new Claim(this, received);
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
    if (lost || this.received(chunk) || this.claims.isCommitted(chunk) || holder?.committing) {
      this.foreign.add(chunk);
      return false;
    }
    this.claims.take(chunk, this);
    this.mine.add(chunk);
    return true;
  }

  /** From here on nobody takes these chunks over. Returns those written by this request alone, in order. */
  seal(): number[] {
    for (const chunk of [...this.mine]) this.mayWrite(chunk); // sorts out what was taken over
    this.committing = true;
    return [...this.mine].sort((a, b) => a - b);
  }

  /** Waits until no other request works on the chunks this one may not write. */
  async othersDone(timeoutMs: number): Promise<boolean> {
    const others = new Set([...this.foreign].map(this.claims.holder).filter((holder) => holder && holder !== this));
    if (others.size === 0) return true;
    const all = Promise.all([...others].map((other) => other?.finished)).then(() => true);
    return Promise.race([all, new Promise<boolean>((resolve) => setTimeout(() => resolve(false), timeoutMs).unref())]);
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
