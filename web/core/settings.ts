/** What a person set for this device. Nothing of a patient is ever in here. */
export const themes = ["system", "dark", "light", "dimmed", "contrast"] as const;
export type Theme = (typeof themes)[number];

const key = (name: string): string => `relaypacs.${name}`;

/** Storage can be switched off in a browser; then what was set holds until the page is closed. */
const held = new Map<string, string>();
function read(name: string): string | null {
  try {
    return localStorage.getItem(key(name));
  } catch {
    return held.get(name) ?? null;
  }
}
function write(name: string, value: string): void {
  try {
    localStorage.setItem(key(name), value);
  } catch {
    held.set(name, value);
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

/** A device of one person, unless somebody says that several use it: then names are masked and the screen locks. */
export const isShared = (): boolean => read("shared") === "on";
export const setShared = (on: boolean): void => write("shared", on ? "on" : "off");

/** The lock outlives a reload. */
export const isLocked = (): boolean => read("locked") === "on";
export const setLocked = (on: boolean): void => write("locked", on ? "on" : "off");

/** When somebody last touched this device, in any tab; milliseconds since 1970, 0 where nobody knows. */
export const lastTouch = (): number => Number(read("touched") ?? 0);
export const setLastTouch = (now: number): void => write("touched", String(now));
