import { Workbox } from "workbox-window";
import { trustOwnScripts } from "./trusted-types.ts";
import { type FromServiceWorker, queueTag, type ToServiceWorker } from "./worker-messages.ts";

trustOwnScripts(); // before anything registers or starts a worker

/** A newer version of the app waits; nothing is reloaded before the person says so. */
export interface Update {
  /** Takes the new version and reloads the page. */
  apply(): void;
}
type SyncRegistration = ServiceWorkerRegistration & { readonly sync?: { register(tag: string): Promise<void> } };

const container = () => ("serviceWorker" in navigator ? navigator.serviceWorker : undefined);

/**
 * Registers the service worker. Where that is refused (an untrusted certificate, a private window) the app works without one.
 * @param onUpdate a newer version is ready and waits
 * @returns whether a service worker is there
 */
export async function watchServiceWorker(onUpdate: (update: Update) => void): Promise<boolean> {
  if (!container()) return false;
  const workbox = new Workbox("/sw.js");
  workbox.addEventListener("waiting", () =>
    onUpdate({
      apply: () => {
        workbox.addEventListener("controlling", () => location.reload());
        workbox.messageSkipWaiting();
      },
    }),
  );
  try {
    return (await workbox.register()) !== undefined;
  } catch {
    return false;
  }
}

const listen = (listener: (message: FromServiceWorker) => void): (() => void) => {
  const on = ({ data }: MessageEvent<FromServiceWorker>) => listener(data);
  container()?.addEventListener("message", on);
  return () => container()?.removeEventListener("message", on);
};

/** Asks the browser to wake the queue when there is a connection, also where the page is in the background. Chromium only: elsewhere nothing happens. */
export async function askForSync(): Promise<void> {
  try {
    const registration: SyncRegistration | undefined = await container()?.getRegistration();
    await registration?.sync?.register(queueTag);
  } catch {
    // Refused by the person's settings: the queue goes on when the page is open.
  }
}

/** Called when the browser says that there is a connection again. @returns stops listening */
export const onSync = (wake: () => void): (() => void) => listen(({ type }) => type === "SYNC" && wake());

/** Files that another app shared with this one (`#/send?shared`); none where the service worker has them no more. */
export function takeSharedFiles(): Promise<readonly File[]> {
  const controller = container()?.controller;
  if (!controller) return Promise.resolve([]);
  return new Promise((resolve) => {
    const stop = listen((message) => {
      if (message.type !== "SHARED") return;
      stop();
      resolve(message.files);
    });
    controller.postMessage({ type: "TAKE_SHARED" } satisfies ToServiceWorker);
  });
}
