/** The browser's own question whether to install the app; kept until somebody presses the button in More. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}
const isPrompt = (event: Event): event is InstallPrompt => "prompt" in event;

/** There a person installs by hand. */
export const isApple = /iPad|iPhone|iPod/.test(navigator.userAgent);

let kept: InstallPrompt | null = null;

export function watchInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    if (!isPrompt(event)) return;
    event.preventDefault(); // never in the way of a send
    kept = event;
    dispatchEvent(new Event("app-changed"));
  });
  addEventListener("appinstalled", () => {
    kept = null;
    dispatchEvent(new Event("app-changed"));
  });
}
export const canInstall = (): boolean => kept !== null;
export async function install(): Promise<void> {
  const prompt = kept;
  kept = null;
  await prompt?.prompt();
  dispatchEvent(new Event("app-changed"));
}
