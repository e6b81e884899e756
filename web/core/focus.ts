/**
 * Where the focus was lost with what had it (gone, or off meanwhile), it goes back there, beside it, or to the page's heading:
 * the keyboard and a screen reader go on where they were.
 */
export function keepFocus(had: Element | null): void {
  if (had === null) return;
  const heading = document.querySelector("main:not([hidden]) h1");
  heading?.setAttribute("tabindex", "-1");
  for (const it of [had, ...(had.parentElement?.querySelectorAll("button") ?? []), heading]) {
    if (document.activeElement !== document.body) return;
    if (it instanceof HTMLElement) it.focus({ preventScroll: true });
  }
}

/** Leads to a field, also where it is folded away. */
export function leadTo(field: HTMLElement | null): void {
  field?.closest("details")?.setAttribute("open", "");
  field?.focus();
}
