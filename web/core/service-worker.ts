import { Workbox } from "workbox-window";

/** A newer version of the app waits; nothing is reloaded before the person says so. */
export interface Update {
  /** Takes the new version and reloads the page. */
  apply(): void;
}

/**
 * Registers the service worker. Where that is refused (an untrusted certificate, a private window) the app works without one.
 * @param onUpdate a newer version is ready and waits
 * @returns whether a service worker is there
 */
export async function watchServiceWorker(onUpdate: (update: Update) => void): Promise<boolean> {
  if (!("serviceWorker" in navigator)) return false;
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
