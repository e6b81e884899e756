/** What was learnt of an archive by asking it and by sending to it; null: not yet. */
export interface Capability {
  /** It answers queries, so that deliveries are proven by asking. */
  readonly queries: boolean | null;
  readonly answers: "json" | "xml" | null;
  /** The largest request it took since one was too large, bytes. */
  readonly takenBytes: number | null;
  /** The smallest request it found too large (HTTP 413), bytes. */
  readonly refusedBytes: number | null;
  /** What it makes of the same image once more. */
  readonly again: "accepted" | "refused" | null;
}

export const nothingLearnt: Capability = {
  queries: null,
  answers: null,
  takenBytes: null,
  refusedBytes: null,
  again: null,
};

/** Where it is kept, for one destination. */
export interface CapabilityKeeper {
  known(): Capability;
  learn(part: Partial<Capability>): void;
}

/** For as long as the process lives. */
export function forgetfulKeeper(): CapabilityKeeper {
  let known = nothingLearnt;
  return {
    known: () => known,
    learn: (part) => {
      known = { ...known, ...part };
    },
  };
}

/** The largest batch, bytes: what was found too large is not tried again, but halved until something is taken. */
export const batchLimit = (configured: number, { takenBytes, refusedBytes }: Capability): number =>
  refusedBytes === null ? configured : Math.min(configured, Math.max(takenBytes ?? 0, Math.floor(refusedBytes / 2)));

/** What a request of this size that was taken, or found too large, teaches; nothing in the usual case, where none ever was. */
export function learnSize(keeper: CapabilityKeeper, bytes: number, tooLarge: boolean): void {
  const { takenBytes, refusedBytes } = keeper.known();
  if (tooLarge) {
    // Somebody made its limit smaller: what was taken before says nothing any more.
    const taken = takenBytes !== null && takenBytes >= bytes ? null : takenBytes;
    keeper.learn({ refusedBytes: Math.min(bytes, refusedBytes ?? bytes), takenBytes: taken });
  } else if (refusedBytes !== null && bytes >= refusedBytes) keeper.learn({ refusedBytes: null, takenBytes: null });
  else if (refusedBytes !== null && bytes > (takenBytes ?? 0)) keeper.learn({ takenBytes: bytes });
}
