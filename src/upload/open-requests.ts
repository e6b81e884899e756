import { RelayError } from "../core/errors.ts";

/** A phone on a bad network keeps 24 requests open (RELIABILITY, "The device"), and a ward's phones may share an account. */
const mostPerUser = 256;
/** Each holds a connection and mostly a file: far below what the unit lets the process open. */
const mostInAll = 1024;
const retryAfterSeconds = 2;

/** Chunk requests under way: stalled ones must not take the files and connections of the others (T24). */
export class OpenRequests {
  private readonly byUser = new Map<string, number>();
  private inAll = 0;

  constructor(
    private readonly perUser = mostPerUser,
    private readonly most = mostInAll,
  ) {}

  /**
   * @returns what ends the request; call it once
   * @throws RelayError too_many_requests where this user has its share open, service_unavailable where all are taken
   */
  begin(userId: string): () => void {
    const open = this.byUser.get(userId) ?? 0;
    if (open >= this.perUser) throw new RelayError("too_many_requests", undefined, { retryAfterSeconds });
    if (this.inAll >= this.most) throw new RelayError("service_unavailable", undefined, { retryAfterSeconds });
    this.byUser.set(userId, open + 1);
    this.inAll += 1;
    return () => {
      const left = (this.byUser.get(userId) ?? 0) - 1;
      if (left > 0) this.byUser.set(userId, left);
      else this.byUser.delete(userId);
      this.inAll -= 1;
    };
  }
}
