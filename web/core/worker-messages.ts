/** What page and service worker say to each other. */

/** Background Sync's name for "there is something to send". */
export const queueTag = "relaypacs-queue";

export type ToServiceWorker = { readonly type: "SKIP_WAITING" } | { readonly type: "TAKE_SHARED" };
export type FromServiceWorker =
  /** The connection is back: look at the queue. */
  { readonly type: "SYNC" } | { readonly type: "SHARED"; readonly files: readonly File[] };
