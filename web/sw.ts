import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { type FromServiceWorker, queueTag, type ToServiceWorker } from "./core/worker-messages.ts";

/** What the build knows (scripts/build-web.ts): every file of the app. */
declare const PRECACHE: { url: string; revision: string | null }[];

/** The few members of ServiceWorkerGlobalScope in use; TypeScript's own library of them excludes the page's. */
interface Client {
  postMessage(message: FromServiceWorker): void;
}
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Lasting {
  readonly request: Request;
  respondWith(answer: Response | Promise<Response>): void;
}
interface Messaged extends Lasting {
  readonly data: ToServiceWorker | undefined;
  readonly source: Client | null;
}
interface Scope {
  readonly clients: { matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<Client[]> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "message", listener: (event: Messaged) => void): void;
  addEventListener(type: "sync", listener: (event: Lasting & { readonly tag: string }) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
}
const scope = self as unknown as Scope;

// The shell only. What no route names goes to the network untouched: no answer of the interface is ever kept.
precacheAndRoute(PRECACHE, { cleanURLs: false });
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL("/index.html"), { allowlist: [/^\/(\?.*)?$/] }));

/** Shared files wait here for the page that asks for them, and nowhere else: patient data is not written to a cache. */
let shared: Promise<File[]> = Promise.resolve([]);
let taken = () => {};
/** The browser ends a worker five minutes after an event at the latest. */
const shareMs = 240_000;

scope.addEventListener("message", (event) => {
  if (event.data?.type === "SKIP_WAITING") event.waitUntil(scope.skipWaiting());
  if (event.data?.type === "TAKE_SHARED") event.waitUntil(handOver(event.source));
});

async function handOver(client: Client | null): Promise<void> {
  const files = await shared;
  shared = Promise.resolve([]);
  client?.postMessage({ type: "SHARED", files });
  taken();
}

/** Wakes the uploader of a page that is open (or frozen); the page uploads, a worker lives too short (RELIABILITY fact 10). */
scope.addEventListener("sync", (event) => {
  if (event.tag !== queueTag) return;
  const wake = async () => {
    for (const client of await scope.clients.matchAll({ type: "window", includeUncontrolled: true }))
      client.postMessage({ type: "SYNC" });
  };
  event.waitUntil(wake());
});

/** Android's share sheet (share_target of the manifest). The box itself answers the same redirect where no worker is. */
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "POST" || new URL(request.url).pathname !== "/share") return;
  shared = request.formData().then(
    (form) => form.getAll("files").filter((it) => it instanceof File),
    () => [],
  );
  event.respondWith(shared.then(() => Response.redirect("/#/send?shared", 303)));
  event.waitUntil(
    new Promise<void>((resolve) => {
      taken = resolve;
      setTimeout(resolve, shareMs);
    }),
  );
});
