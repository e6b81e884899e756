/** What a person set for this device. Nothing of a patient is ever in here. */
export const themes = ["system", "dark", "light", "dimmed", "contrast"] as const;
export type Theme = (typeof themes)[number];

const key = (name: string): string => `relaypacs.${name}`;

/** Storage can be switched off in a browser; then nothing is remembered. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(key(name));
  } catch {
    return null;
  }
}
function write(name: string, value: string): void {
  try {
    localStorage.setItem(key(name), value);
  } catch {
    // not remembered, but it holds until the page is closed
  }
}

export const savedLanguage = (): string | null => read("language");
export const saveLanguage = (code: string): void => write("language", code);

export const theme = (): Theme => themes.find((name) => name === read("theme")) ?? "system";
/** Shows a theme and remembers it. */
export function setTheme(name: Theme): void {
  write("theme", name);
  applyTheme(name);
}
export function applyTheme(name: Theme = theme()): void {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

export const shortcutsOn = (): boolean => read("shortcuts") !== "off";
export const setShortcuts = (on: boolean): void => write("shortcuts", on ? "on" : "off");
