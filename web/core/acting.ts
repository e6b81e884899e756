import type { QueuedStudy } from "../queue/types.ts";
import type { App } from "./app.ts";
import { go } from "./router.ts";
import type { Action } from "./study-state.ts";

type Deed = (app: App, study: QueuedStudy) => unknown;

/** What each button of a study does. Cancel is asked about first, by the page. */
const deeds: Record<Action, Deed> = {
  pause: ({ queue }, { id }) => queue.pause(id),
  resume: ({ queue }, { id }) => queue.resume(id),
  try_now: ({ queue }, { id }) => queue.retry(id),
  retry: ({ queue }, { id }) => queue.retry(id),
  accept: ({ queue }, { id }) => queue.accept(id),
  check: (_, { id }) => go("confirm", id),
  sign_in: () => go("sign-in"),
  choose: (_, { id }) => go("send", id),
  cancel: ({ queue }, { id }) => queue.cancel(id),
  receipt: (_, { status }) => go("receipt", status?.pacs_receipt_id ?? ""),
  remove: ({ queue }, { id }) => queue.dismiss(id),
};

/** Does it; what goes wrong shows in the study's own state. */
export function actOn(app: App, study: QueuedStudy, action: Action): void {
  void Promise.resolve(deeds[action](app, study)).catch(() => undefined);
}
