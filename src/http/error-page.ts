import type { CatalogueEntry } from "../contract/catalogue/entry.ts";
import { actorWords } from "../contract/error-document.ts";
import { errorCatalogue } from "../contract/errors.ts";

const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

const entry = ([code, { title, cause, acts, action, retryable }]: [string, CatalogueEntry]) =>
  `<section id="${code}"><h2>${escaped(title)}</h2><p><code>${code}</code>${retryable ? " · may be tried again" : ""}</p>` +
  `<p>${escaped(cause)} ${escaped(action)}</p><p>Acts: ${escaped(actorWords[acts])}.</p></section>`;

/** The page every problem document's `type` points to, out of the one catalogue. */
export const errorPage = (): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="dark light" />
    <title>RelayPACS · What the codes mean</title>
    <style>
      body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; }
      h2 { margin: 2rem 0 0; font-size: 1.1rem; }
      p { margin: 0.25rem 0; }
      section:target { outline: 3px solid; outline-offset: 0.75rem; }
    </style>
  </head>
  <body>
    <h1>What the codes mean</h1>
    ${Object.entries(errorCatalogue).map(entry).join("\n    ")}
  </body>
</html>
`;
