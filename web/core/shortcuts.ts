import { shortcutsOn } from "./settings.ts";

/** Single keys of UX.md. A page says with `data-key` what a key presses; `data-primary` is the main button. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select") !== null;
const pressable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest("a, button, summary, label, input, textarea, select, dialog") !== null;

/** @param showList opens the list of shortcuts */
export function onKey(event: KeyboardEvent, showList: () => void): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]") !== null) return;
  if (event.key === "Enter") {
    if (!pressable(event.target)) press("[data-primary]", event);
    return;
  }
  if (typing(event.target) || !shortcutsOn()) return;
  if (event.key === "?") {
    event.preventDefault();
    showList();
  } else if (/^[upl/]$/i.test(event.key)) press(`[data-key="${event.key.toLowerCase()}"]`, event);
}

function press(selector: string, event: KeyboardEvent): void {
  // what stands behind the lock is not pressed
  const target = [...document.querySelectorAll<HTMLElement>(selector)].find((it) => it.checkVisibility());
  if (target === undefined) return;
  event.preventDefault();
  if (target instanceof HTMLInputElement) target.focus();
  else target.click();
}
