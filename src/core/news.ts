import type { News, Topic } from "../contract/news.ts";
import type { Log } from "./log.ts";

/** Tells whoever watches the whole box what has changed. Says only "look again": the database is the truth. */
export interface Newsroom {
  /** An event of the log. */
  happened(event: string): void;
  /** How often each topic has changed since the start. */
  news(): News;
  /** @returns stops listening */
  listen(listener: () => void): () => void;
}

/** By the first part of an event's name; what stands on no line here changes nothing that is shown. */
const topicOf: Readonly<Record<string, Topic>> = {
  upload: "uploads",
  study: "uploads",
  delivery: "deliveries",
  destination: "destinations",
  route: "destinations",
  auth: "accounts",
  user: "accounts",
  backup: "box",
  tls: "box",
  app: "box",
};

export function createNewsroom(): Newsroom {
  const news: News = { uploads: 0, deliveries: 0, destinations: 0, accounts: 0, box: 0 };
  const listeners = new Set<() => void>();
  return {
    happened: (event) => {
      const topic = topicOf[event.split(".")[0] ?? ""];
      if (topic === undefined) return;
      news[topic] += 1;
      for (const listener of [...listeners]) {
        try {
          listener();
        } catch {
          // A listener's fault is its own: what happened is on record, and the others are to hear of it.
        }
      }
    },
    news: () => ({ ...news }),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A log of which every event is news as well. */
export const published = (log: Log, newsroom: Pick<Newsroom, "happened">): Log => ({
  event: (name, fields = {}) => {
    log.event(name, fields);
    newsroom.happened(name);
  },
});
