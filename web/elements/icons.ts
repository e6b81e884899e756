import { html, svg, type TemplateResult } from "lit";

/** Line icons on a 24 px grid; decoration only, a word always stands beside them. */
const shapes = {
  send: svg`<path d="M12 19V5M6 11l6-6 6 6"/>`,
  activity: svg`<path d="M3 12h4l3-7 4 14 3-7h4"/>`,
  more: svg`<path d="M4 7h16M4 12h16M4 17h16"/>`,
  folder: svg`<path d="M3 6h6l2 3h10v10H3z"/>`,
  camera: svg`<path d="M4 8h4l2-3h4l2 3h4v11H4z"/><circle cx="12" cy="13" r="3.5"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  busy: svg`<path d="M12 4a8 8 0 1 1-8 8"/>`,
  pause: svg`<path d="M9 6v12M15 6v12"/>`,
  warn: svg`<path d="M12 4 2.8 20h18.4zM12 10v4.5M12 17.4v.2"/>`,
  bad: svg`<circle cx="12" cy="12" r="9"/><path d="M12 7v6M12 16.3v.2"/>`,
  wait: svg`<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>`,
  device: svg`<rect x="7" y="3" width="10" height="18" rx="2"/><path d="M11 18h2"/>`,
  box: svg`<path d="M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8"/>`,
  archive: svg`<path d="M4 5h16v4H4zM5.5 9v10h13V9M10 13h4"/>`,
  person: svg`<circle cx="12" cy="8" r="4"/><path d="M4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5"/>`,
  offline: svg`<path d="M4 4l16 16M8.5 14.5a5 5 0 0 1 6 0M5 11a10 10 0 0 1 4-2.3M19 11a10 10 0 0 0-6-2.9M12 18.5v.2"/>`,
  online: svg`<path d="M8.5 14.5a5 5 0 0 1 7 0M5 11a10 10 0 0 1 14 0M12 18.5v.2"/>`,
  lock: svg`<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
  sliders: svg`<path d="M4 7h9M19 7h1M4 17h1M11 17h9"/><circle cx="16" cy="7" r="2.5"/><circle cx="8" cy="17" r="2.5"/>`,
  stop: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
} as const;
export type Icon = keyof typeof shapes;

export const icon = (name: Icon): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes[name]}</svg>`;
