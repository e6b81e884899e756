import type { Queue } from "../queue/types.ts";
import type { Session } from "./app.ts";

/** The queue as this person sees it: a shared device holds the studies of others too, and they go on unseen. */
export function mine(queue: Queue, session: Session): Queue {
  const of = (id: string | undefined) => queue.studies.filter(({ userId }) => id === undefined || userId === id);
  return new Proxy(queue, {
    // signed out, the sign-in page only counts them
    get: (target, name) => (name === "studies" ? of(session.person?.id) : Reflect.get(target, name, target)),
  });
}
