/** Tells whoever listens that something about an upload changed. Says only "look again": the database is the truth. */
export interface Live {
  changed(uploadId: string): void;
  /** @returns stops listening */
  listen(uploadId: string, listener: () => void): () => void;
}

export function createLive(): Live {
  const listeners = new Map<string, Set<() => void>>();
  return {
    changed: (uploadId) => {
      for (const listener of [...(listeners.get(uploadId) ?? [])]) {
        try {
          listener();
        } catch {
          // A listener's fault is its own: what changed is on record, and the others are to hear of it.
        }
      }
    },
    listen: (uploadId, listener) => {
      const set = listeners.get(uploadId) ?? new Set();
      listeners.set(uploadId, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(uploadId);
      };
    },
  };
}
