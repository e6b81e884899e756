import { RelayError } from "../core/errors.ts";
import type { Database } from "../db/database.ts";
import { findUser } from "../db/users.ts";

/** An account that is disabled loses what it has open within a second (CONTRACT §3); the command line can do that from another process. */
const lookEveryMs = 400;

/** A request that lasts: bytes that come in, events that go out. */
export interface OpenAnswer {
  /** Aborted with the request, and with a RelayError as reason once its user may not go on. */
  readonly signal: AbortSignal;
  /** Call it once when the request is over. */
  done(): void;
}

/** Watches over the accounts behind open requests: one query for each of them at each look, none while nothing is open. */
export class OpenAnswers {
  private readonly open = new Map<string, Set<AbortController>>();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly db: Database,
    private readonly everyMs = lookEveryMs,
  ) {}

  begin(userId: string, request: AbortSignal): OpenAnswer {
    const controller = new AbortController();
    const of = this.open.get(userId) ?? new Set();
    of.add(controller);
    this.open.set(userId, of);
    this.timer ??= setInterval(() => this.look(), this.everyMs);
    return {
      signal: AbortSignal.any([request, controller.signal]),
      done: () => {
        of.delete(controller);
        if (of.size === 0 && this.open.get(userId) === of) this.open.delete(userId);
        if (this.open.size > 0) return;
        clearInterval(this.timer);
        this.timer = undefined;
      },
    };
  }

  private look(): void {
    for (const [userId, controllers] of [...this.open]) {
      if (this.mayGoOn(userId)) continue;
      for (const controller of [...controllers]) controller.abort(new RelayError("unauthorized"));
    }
  }

  private mayGoOn(userId: string): boolean {
    try {
      const user = findUser(this.db.orm, userId);
      return user !== undefined && user.disabledAt === null;
    } catch {
      return true; // the box is stopping, or its disk is full: the next look tells
    }
  }
}
