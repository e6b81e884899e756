import type { Actor, CatalogueEntry } from "./catalogue/entry.ts";
import { errorCatalogue } from "./errors.ts";

/** Who acts, in words. */
export const actorWords: Record<Actor, string> = {
  sender: "the person who sends",
  it: "hospital IT",
  vendor: "the maker of the software that sent or wrote it",
  nobody: "nobody: it goes on by itself, or is for information",
};

const row = ([code, { title, cause, acts, action, retryable }]: [string, CatalogueEntry]): string =>
  `| \`${code}\` | ${title} | ${cause} | ${actorWords[acts]} | ${action} | ${retryable ? "yes" : "no"} |`;

/** docs/errors.md: every code with its cause, who acts and what to do. */
export const errorDocument = (): string => `# What the codes mean

Every code the product can say: in problem documents, as a warning of an upload, as the error of a delivery.
Written by \`bun scripts/error-docs.ts\` out of \`src/contract/catalogue\`; change it there.

| code | title | cause | who acts | what to do | tried again |
|---|---|---|---|---|---|
${Object.entries(errorCatalogue).map(row).join("\n")}
`;
