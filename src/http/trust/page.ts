import { type DeviceSteps, languageNames, type TrustLanguage, type TrustWords, trustWords } from "./words.ts";

/** What the trust page shows to one client. */
export interface TrustView {
  readonly siteName: string;
  /** The box's own authority; null where the certificate is the hospital's, or there is none. */
  readonly authority: { readonly der: Uint8Array<ArrayBuffer>; readonly sha256: string; readonly name: string } | null;
  /** The box by https as this client reaches it; "" where it does not encrypt itself. */
  readonly secureOrigin: string;
  /** This page, for other devices. */
  readonly address: string;
  /** The app's own stylesheet; "" where the code runs without having been built. */
  readonly stylesheet: string;
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
/** Pairs with colons, as browsers and openssl show it. */
export const fingerprint = (sha256: string): string => (sha256.toUpperCase().match(/../g) ?? []).join(":");

const downloads = {
  profile: { href: "/trust/relaypacs.mobileconfig", word: "profile" },
  certificate: { href: "/trust/ca.crt", word: "certificate" },
} as const;

function device({ id, name, download, steps, important }: DeviceSteps, words: TrustWords, authority: string): string {
  const { href, word } = downloads[download];
  const step = (text: string, at: number) => {
    const filled = escaped(text).replaceAll("{name}", escaped(authority));
    return `<li>${at === important ? `<strong>${filled}</strong>` : filled}</li>`;
  };
  return `<details class="card device" data-device="${id}"><summary>${escaped(name)}</summary>
        <ol>${steps.map(step).join("")}</ol>
        <p><a class="button" href="${href}" download>${escaped(words[word])}</a></p></details>`;
}

/** The page at `/trust`: how each kind of device is made to trust the box, and whether this one does. */
export function trustPage(view: TrustView, language: TrustLanguage): string {
  const words: TrustWords = trustWords[language];
  const { authority } = view;
  const text = (word: Exclude<keyof TrustWords, "deviceSteps">) => escaped(words[word]);
  const languages = Object.entries(languageNames).map(([code, name]) =>
    code === language
      ? `<span lang="${code}" aria-current="true">${name}</span>`
      : `<a lang="${code}" hreflang="${code}" href="/trust?lang=${code}">${name}</a>`,
  );
  const set =
    authority === null
      ? `<p class="card">${text("managed")}</p>`
      : `<section class="card" aria-labelledby="compare"><h2 id="compare">${text("compare")}</h2>
        <p>${text("compareText")}</p><p><code class="fingerprint">${fingerprint(authority.sha256)}</code></p></section>
      <section aria-labelledby="devices"><h2 id="devices">${text("devices")}</h2>
        ${words.deviceSteps.map((it) => device(it, words, authority.name)).join("\n        ")}</section>`;
  return `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
    <meta name="color-scheme" content="dark light" />
    <title>${text("title")} · ${escaped(view.siteName)}</title>
    <link rel="icon" href="/icons/icon.svg" type="image/svg+xml" />
    ${view.stylesheet === "" ? "" : `<link rel="stylesheet" href="${escaped(view.stylesheet)}" />`}
    <link rel="stylesheet" href="/trust/page.css" />
    <script type="module" src="/trust/probe.js"></script>
  </head>
  <body>
    <header class="top"><a class="skip" href="#content">${text("skip")}</a><span class="brand">${escaped(view.siteName)}</span>
      <nav class="languages" aria-label="${text("language")}">${languages.join(" ")}</nav></header>
    <main id="content" class="trust"><div class="page">
      <h1>${text("title")}</h1>
      <p class="lead">${text("lead")}</p>
      <p class="notice quiet" id="probe" role="status" data-origin="${escaped(view.secureOrigin)}" data-trusted="${text("trusted")}"
        data-untrusted="${text("untrusted")}" data-unknown="${text("unknown")}">${text("checking")}</p>
      <p><a class="button strong" href="${escaped(view.secureOrigin)}/">${text("open")}</a></p>
      ${set}
      <section class="card" aria-labelledby="other"><h2 id="other">${text("other")}</h2><p>${text("otherText")}</p>
        <p><img class="qr" src="/trust/qr.svg" alt="${escaped(view.address)}" width="200" height="200" /></p>
        <p class="hint"><code>${escaped(view.address)}</code></p></section>
    </div></main>
  </body>
</html>
`;
}
