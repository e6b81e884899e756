import { createLineRecord } from "./line-record.ts";
import { freshProgress, type Manifest, type Progress } from "./record.ts";
import type { QueuedStudy, WaitCause } from "./types.ts";

/** One study as the uploader holds it: what stands on the device, and what only this run knows. */
export class Entry {
  progress: Progress;
  /** The files themselves where the device could not keep the bytes; null in it where it has them. */
  files: readonly (Blob | null)[] | null;
  /** Whether its record stands on this device, with or without the bytes. */
  readonly recorded: boolean;
  manifest: Manifest;
  saving = false;
  uploading = false;
  savedBytes: number;
  sentBytes = 0;
  rate: number | null = null;
  eta: number | null = null;
  /** Failed tries in a row. */
  failures = 0;
  nextTryAt: number | null = null;
  /** Why it waits just now; the lasting causes stand in `progress`. */
  waitsFor: WaitCause | null = null;
  line = createLineRecord();
  /** Ends what is under way. */
  stop = new AbortController();

  constructor(
    manifest: Manifest,
    progress: Progress = freshProgress,
    files: readonly (Blob | null)[] | null = null,
    recorded = files === null,
  ) {
    this.manifest = manifest;
    this.progress = progress;
    this.files = files;
    this.recorded = recorded;
    this.savedBytes = files === null ? manifest.totalBytes : 0;
    if (progress.status !== null) this.sentBytes = progress.status.uploaded_bytes;
  }

  get id(): string {
    return this.manifest.id;
  }
  get urgent(): boolean {
    return this.manifest.confirmation.serviceLevel === "stat";
  }
  /** Nothing more happens to it by itself. */
  get ended(): boolean {
    return this.progress.state === "done" || this.progress.state === "failed";
  }
  /** The box has everything; it is only asked how things stand. */
  get watched(): boolean {
    const { state, cause } = this.progress;
    return state === "at_box" || (state === "needs_you" && (cause === "confirmation" || cause === "refused"));
  }
  get waits(): boolean {
    return this.progress.state === "waiting" && !this.saving && !this.uploading;
  }

  view(): QueuedStudy {
    const { manifest, progress } = this;
    const sending = this.uploading && progress.state === "waiting";
    return {
      id: manifest.id,
      userId: manifest.userId,
      createdAt: manifest.createdAt,
      state: this.saving ? "saving" : sending ? "uploading" : progress.state,
      cause: progress.state === "waiting" ? (sending ? null : this.waitsFor) : progress.cause,
      nextTryAt: this.waits ? this.nextTryAt : null,
      kept: this.files === null,
      title: manifest.title,
      serviceLevel: manifest.confirmation.serviceLevel,
      imageCount: manifest.imageCount,
      totalBytes: manifest.totalBytes,
      savedBytes: this.savedBytes,
      sentBytes: Math.min(this.sentBytes, manifest.totalBytes),
      rate: sending ? this.rate : null,
      eta: sending ? this.eta : null,
      fileCount: manifest.files.length,
      alreadyThere: progress.alreadyThere ?? 0,
      atBoxAt: progress.atBoxAt ?? null,
      uploadId: progress.uploadId,
      status: progress.status,
      error: progress.error,
      finishedAt: progress.finishedAt,
    };
  }
}
