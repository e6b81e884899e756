import { isTerminal } from "../../src/contract/states.ts";
import type { UploadSummary } from "../../src/contract/status.ts";
import type { Api } from "../api/http.ts";
import { ApiError } from "../api/problem.ts";
import { confirmStudy } from "../api/uploads.ts";
import { backoff } from "./backoff.ts";
import { confirmBody, waitsForCorrection } from "./confirm-body.ts";
import type { Entry } from "./entry.ts";
import { askStatus, bringToBox, stateOf } from "./journey.ts";
import { createLineRecord } from "./line-record.ts";
import { createPace } from "./pace.ts";
import { createRateMeter, slowBelow } from "./rate.ts";
import { doneOf, type Progress } from "./record.ts";
import type { DeviceStore } from "./store.ts";
import type { Link } from "./types.ts";
import { verdictOf } from "./verdict.ts";

/** Without a network it is still tried from time to time: the browser can be wrong about that. */
const offlineTryMs = 30_000;

/** Sends one study after another, urgent ones first; the only one of this device. */
export class Uploader {
  readonly entries = new Map<string, Entry>();
  private active: Entry | null = null;
  private running = false;
  private timer = 0;
  private readonly pace = createPace();
  private readonly meter = createRateMeter();
  private bits: number | null = null;

  constructor(
    private readonly api: Api,
    private readonly store: DeviceStore | null,
    private readonly changed: () => void,
  ) {}

  get link(): Link {
    if (!navigator.onLine) return { state: "offline", bitsPerSecond: null };
    this.bits = this.meter.bitsPerSecond(performance.now()) ?? this.bits;
    return { state: this.bits !== null && this.bits < slowBelow ? "slow" : "online", bitsPerSecond: this.bits };
  }

  /** From now on this tab is the one that sends. */
  start(): void {
    this.running = true;
    addEventListener("online", () => this.kick());
    addEventListener("offline", () => this.tick());
    this.api.onUser(() => this.signedIn());
    for (const entry of this.entries.values()) this.watch(entry, 0);
    this.tick();
  }

  take(entry: Entry): void {
    this.entries.set(entry.id, entry);
    if (!this.running) return;
    this.watch(entry, 0);
    this.tick();
  }

  /** What waits is tried now. */
  kick(): void {
    for (const entry of this.entries.values()) if (entry.waits) entry.nextTryAt = null;
    this.tick();
  }

  private signedIn(): void {
    for (const entry of this.entries.values()) {
      const { state, cause } = entry.progress;
      if (state !== "needs_you" || cause !== "signed_out" || entry.manifest.userId !== this.api.user?.id) continue;
      void this.save(entry, { state: "waiting", cause: null }).then(() => this.tick());
    }
    this.kick();
  }

  /** Writes down where a study stands; the screens see it at once. */
  async save(entry: Entry, change: Partial<Progress>): Promise<void> {
    entry.progress = { ...entry.progress, ...change };
    this.changed();
    if (entry.recorded) await this.store?.update(entry.id, entry.progress);
  }

  /** Chooses who is next and sees that somebody looks again when the next try is due. */
  tick(): void {
    clearTimeout(this.timer);
    if (!this.running) return;
    const now = Date.now();
    const waiting = [...this.entries.values()]
      .filter((entry) => entry.waits && entry !== this.active)
      .sort((a, b) => Number(b.urgent) - Number(a.urgent) || a.manifest.createdAt - b.manifest.createdAt);
    if (!navigator.onLine) for (const entry of waiting) entry.nextTryAt ??= now + offlineTryMs;
    if (this.active === null) {
      const next = waiting.find(({ nextTryAt }) => nextTryAt === null || nextTryAt <= now);
      if (next) {
        this.active = next;
        void this.send(next);
      }
    }
    for (const entry of waiting) if (entry !== this.active) entry.waitsFor = this.reason(entry, now);
    const due = waiting.flatMap(({ nextTryAt }) => (nextTryAt !== null && nextTryAt > now ? [nextTryAt] : []));
    if (due.length > 0) this.timer = window.setTimeout(() => this.tick(), Math.min(...due) - now + 5);
    this.changed();
  }

  private reason(entry: Entry, now: number): Entry["waitsFor"] {
    if (!navigator.onLine) return "offline";
    if (entry.nextTryAt !== null && entry.nextTryAt > now) return entry.waitsFor ?? "retry";
    return this.active?.urgent && !entry.urgent ? "urgent_first" : "turn";
  }

  private async send(entry: Entry): Promise<void> {
    entry.uploading = true;
    entry.nextTryAt = null;
    entry.waitsFor = null;
    entry.stop = new AbortController();
    try {
      const arrived = await bringToBox({
        api: this.api,
        entry,
        pace: this.pace,
        meter: this.meter,
        read: (id, file, offset, length) => {
          if (this.store === null) throw new Error("nothing is stored here");
          return this.store.read(id, file, offset, length);
        },
        save: (one, change) => this.save(one, change),
        changed: this.changed,
        mayGoOn: () => entry.urgent || !this.urgentWaits(),
      });
      if (arrived) await this.atBox(entry);
    } catch (error) {
      await this.failed(entry, error).catch(() => undefined); // the device's store has trouble: the box's word stands anyway
    } finally {
      entry.uploading = false;
      this.active = null;
      this.tick();
    }
  }

  private urgentWaits(): boolean {
    const now = Date.now();
    return [...this.entries.values()].some(
      (entry) => entry.urgent && entry.waits && (entry.nextTryAt === null || entry.nextTryAt <= now),
    );
  }

  private async atBox(entry: Entry): Promise<void> {
    entry.sentBytes = entry.manifest.totalBytes;
    await this.save(entry, { state: "at_box", cause: null, error: null, atBoxAt: Date.now() });
    this.watch(entry, 0);
  }

  private async failed(entry: Entry, error: unknown): Promise<void> {
    const verdict = verdictOf(error);
    if (entry.progress.state !== "waiting" || entry.stop.signal.aborted) return; // paused or cancelled meanwhile
    const told =
      error instanceof ApiError ? { code: error.code, message: error.message, requestId: error.requestId } : null;
    if (verdict.kind === "at_box") return this.atBox(entry);
    if (verdict.kind === "needs_you")
      return this.save(entry, { state: "needs_you", cause: verdict.cause, error: told });
    if (verdict.kind === "cancelled") return this.finish(entry, { state: "done", cause: null, error: null });
    if (verdict.kind === "failed") return this.save(entry, { state: "failed", cause: null, error: told });
    entry.failures += 1;
    const asked = verdict.kind === "again" ? verdict.retryAfter : null;
    entry.nextTryAt = Date.now() + backoff(entry.failures, asked);
    entry.waitsFor = verdict.kind === "again" ? verdict.cause : "retry";
    if (verdict.kind === "new_upload") await this.startOver(entry);
    else await this.save(entry, { error: told });
  }

  /** The same files start a new upload; the first time at once. */
  async startOver(entry: Entry): Promise<void> {
    if (entry.failures <= 1) entry.nextTryAt = null;
    entry.sentBytes = 0;
    entry.line = createLineRecord();
    const generation = entry.progress.generation + 1;
    await this.save(entry, {
      state: "waiting",
      cause: null,
      generation,
      uploadId: null,
      token: null,
      status: null,
      error: null,
    });
  }

  /** Asks the box how a study stands until it ends: every second at first, every 15 s in the long run. */
  watch(entry: Entry, round: number): void {
    if (!this.running || !entry.watched) return;
    clearTimeout(this.watches.get(entry));
    const wait = round === 0 ? 0 : round < 20 ? 1000 : Math.min(15_000, 1000 * (round - 18));
    this.watches.set(
      entry,
      window.setTimeout(() => void this.look(entry, round), wait),
    );
  }
  private readonly watches = new WeakMap<Entry, number>();

  private async look(entry: Entry, round: number): Promise<void> {
    if (!entry.watched || this.entries.get(entry.id) !== entry) return;
    let next = round + 1;
    try {
      const { files: _, ...status } = await askStatus(this.api, entry, (one, change) => this.save(one, change));
      if (!entry.watched) return;
      if (await this.corrected(entry, status)) return this.watch(entry, 0);
      const moved = JSON.stringify(status) !== JSON.stringify(entry.progress.status);
      if (moved) next = 1;
      const waits = status.state === "needs_confirmation";
      const change = { ...stateOf(status), status, error: (waits && entry.progress.correctionRefused) || null };
      if (isTerminal(status.state)) return await this.finish(entry, change);
      if (moved) await this.save(entry, change);
    } catch (error) {
      const verdict = verdictOf(error);
      if (verdict.kind === "new_upload") return await this.finish(entry, { state: "done", cause: null }); // long ended there
      next = Math.max(next, 20); // a box that does not answer is not asked every second
    }
    this.watch(entry, next);
  }

  /** Gives a study that waits the correction its person made before sending. @returns whether the box took it, or said why not */
  private async corrected(entry: Entry, status: UploadSummary): Promise<boolean> {
    const uid = waitsForCorrection(entry.manifest, status);
    if (uid === null || entry.progress.correctionRefused || this.api.user?.id !== entry.manifest.userId) return false;
    const { correction } = entry.manifest.confirmation;
    try {
      await confirmStudy(this.api, status.upload_id, uid, confirmBody(correction === undefined ? {} : { correction }));
    } catch (error) {
      const known = error instanceof ApiError && [403, 422].includes(error.status);
      if (!known) throw error; // it is tried again
      const { code, message, requestId } = error;
      await this.save(entry, { correctionRefused: { code, message, requestId } });
    }
    return true;
  }

  /** The study has ended: its bytes, names and key leave the device, unless the box failed and they may be needed again. */
  async finish(entry: Entry, change: Partial<Progress>): Promise<void> {
    entry.progress = { ...entry.progress, ...change, finishedAt: Date.now() };
    if (entry.progress.state === "done" && entry.recorded)
      await this.store?.finish(doneOf(entry.manifest, entry.progress));
    else await this.save(entry, {});
    this.changed();
  }
}
