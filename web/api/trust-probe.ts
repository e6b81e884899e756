import { trustOwnScripts } from "../core/trusted-types.ts";

/** Whether this browser trusts the box, for the page at /trust (src/http/trust). */
const status = document.querySelector<HTMLElement>("#probe");
const patienceMs = 10_000;

/** Null: it cannot be told here. */
async function isTrusted(secureOrigin: string): Promise<boolean | null> {
  if (location.protocol === "http:") {
    if (secureOrigin === "") return null;
    // Answered means the handshake went through; what it says is nobody's business.
    const asked = { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(patienceMs) } as const;
    return fetch(`${secureOrigin}/trust/probe`, asked).then(
      () => true,
      () => false,
    );
  }
  if (!("serviceWorker" in navigator)) return null;
  // A warning that was clicked away opens the page, but no browser runs a service worker then.
  return navigator.serviceWorker.register("/trust/probe-worker.js", { scope: "/trust/probe" }).then(
    (registration) => registration.unregister(),
    () => false,
  );
}

async function show(): Promise<void> {
  if (status === null) return;
  const { origin = "", trusted = "", untrusted = "", unknown = "" } = status.dataset;
  const found = await isTrusted(origin);
  status.textContent = found === null ? unknown : found ? `✓ ${trusted}` : untrusted;
  status.className = `notice ${found === null ? "quiet" : found ? "good" : "warn"}`;
}

/** The steps of the device in hand are open already. */
function openOwnSteps(): void {
  const { userAgent, maxTouchPoints } = navigator;
  const isTouchMac = userAgent.includes("Macintosh") && maxTouchPoints > 1; // an iPad calls itself a Mac
  const devices: [string, boolean][] = [
    ["ios", /iPhone|iPad/.test(userAgent) || isTouchMac],
    ["android", userAgent.includes("Android")],
    ["firefox", userAgent.includes("Firefox/")],
    ["windows", userAgent.includes("Windows")],
    ["macos", userAgent.includes("Macintosh")],
  ];
  const own = devices.find(([, is]) => is)?.[0];
  document.querySelector(`details[data-device="${own}"]`)?.setAttribute("open", "");
}

trustOwnScripts();
openOwnSteps();
void show();
// Back from the settings, where it was switched on.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void show();
});
