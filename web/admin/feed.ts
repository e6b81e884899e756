import type { News, Topic } from "../../src/contract/news.ts";
import type { Administration } from "../api/admin.ts";

/** Between two tries to reach the box, milliseconds. */
const pauses = { first: 1000, longest: 30_000 } as const;

/** What the box tells of itself as it changes: one stream for all that is shown. */
export interface Feed {
  /** Whether the box speaks; while it does not, what is shown has to be asked for. */
  readonly live: boolean;
  /** @param listener told of what has changed. @returns stops listening */
  listen(listener: (changed: ReadonlySet<Topic>) => void): () => void;
}

/** What is not as before; before anything was heard, everything: it may have changed since it was read. */
export const changes = (before: News | null, after: News): ReadonlySet<Topic> =>
  new Set((Object.keys(after) as Topic[]).filter((topic) => before === null || before[topic] !== after[topic]));

/** Open only while somebody listens and looks: a browser has few connections to one host, and uploads need them. */
export function createFeed(
  watch: Administration["watch"],
  page: Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">,
  pauseMs: number = pauses.first,
): Feed {
  const listeners = new Set<(changed: ReadonlySet<Topic>) => void>();
  let last: News | null = null;
  let live = false;
  let open: AbortController | null = null;

  const hear = (news: News) => {
    const changed = changes(last, news);
    last = news;
    live = true;
    if (changed.size > 0) for (const listener of [...listeners]) listener(changed);
  };
  const run = async ({ signal }: AbortController) => {
    let pause = pauseMs;
    while (!signal.aborted) {
      await watch((news) => {
        pause = pauseMs;
        if (!signal.aborted) hear(news);
      }, signal).catch(() => undefined); // asked for from time to time meanwhile
      if (signal.aborted) return;
      live = false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          resolve();
        });
      });
      pause = Math.min(pause * 2, pauses.longest);
    }
  };
  const turn = () => {
    const wanted = listeners.size > 0 && page.visibilityState === "visible";
    if (wanted === (open !== null)) return;
    open?.abort();
    live = false;
    open = wanted ? new AbortController() : null;
    if (open !== null) void run(open);
  };
  return {
    get live() {
      return live;
    },
    listen: (listener) => {
      if (listeners.size === 0) page.addEventListener("visibilitychange", turn);
      listeners.add(listener);
      turn();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        page.removeEventListener("visibilitychange", turn);
        last = null;
        turn();
      };
    },
  };
}

const feeds = new WeakMap<Administration, Feed>();
/** The one feed of this page. */
export function feedOf(admin: Administration): Feed {
  const known = feeds.get(admin) ?? createFeed(admin.watch, document);
  feeds.set(admin, known);
  return known;
}
