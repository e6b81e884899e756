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
    <title>RelayPACS · What the codes mean</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/docs/assets/errors.css" />
  </head>
  <body>
    <main>
    <h1>What the codes mean</h1>
    ${Object.entries(errorCatalogue).map(entry).join("\n    ")}
    </main>
  </body>
</html>
`;
