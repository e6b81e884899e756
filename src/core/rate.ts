/** Counts events per key in fixed windows; in memory, bounded. */
export class RateWindow {
  /** In the order in which the windows began, so that the old ones stand in front. */
  private readonly windows = new Map<string, { start: number; count: number }>();
  constructor(
    private readonly limit: () => number,
    private readonly windowMs: number,
    private readonly now: () => number = () => performance.now(),
    /** Keys at most (about 20 MB); past it the window that ends first makes room, so that nobody new is locked out. */
    private readonly most = 100_000,
  ) {}

  /** @returns 0 when the event is within the limit, else the seconds until the window ends */
  hit(key: string): number {
    const now = this.now();
    this.forgetOld(now);
    let window = this.windows.get(key);
    if (!window) {
      const [first] = this.windows.keys();
      if (first !== undefined && this.windows.size >= this.most) this.windows.delete(first);
      window = { start: now, count: 0 };
      this.windows.set(key, window);
    }
    if (window.count >= this.limit()) return Math.max(1, Math.ceil((window.start + this.windowMs - now) / 1000));
    window.count += 1;
    return 0;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.windows.size;
  }

  /** Looks at what it forgets and at one more, however many keys there are. */
  private forgetOld(now: number): void {
    for (const [key, window] of this.windows) {
      if (now - window.start < this.windowMs) return;
      this.windows.delete(key);
    }
  }
}
