import type { FakePacsOptions } from "./behaviour.ts";

interface Fault {
  readonly words: string;
  readonly options: FakePacsOptions;
}

/** What can be rehearsed beside the kind's own rules; each is something an archive was seen doing. */
export const faults = {
  "nothing-stored": {
    words: "says 200 and stores nothing",
    options: { otherwise: { keeps: "none", status: 200, body: "{}" } },
  },
  "no-content": { words: "stores, and says 204 without a body", options: { otherwise: { status: 204 } } },
  "bare-409": {
    words: "says 409 and nothing more, storing nothing",
    options: { otherwise: { keeps: "none", status: 409, body: "" } },
  },
  warning: {
    words: "stores with a warning (B000), and a Warning: 299 header",
    options: { otherwise: { warns: () => 0xb000, headers: { warning: '299 fake "coerced"' } } },
  },
  "processing-failure": {
    words: "fails each image (0110)",
    options: { otherwise: { fails: () => 0x0110 } },
  },
  busy: {
    words: "says 503 and Retry-After",
    options: { otherwise: { refuses: () => 503, headers: { "retry-after": "5" } } },
  },
  throttled: {
    words: "says 429 and Retry-After",
    options: { otherwise: { refuses: () => 429, headers: { "retry-after": "5" } } },
  },
  "too-large": {
    words: "says 413 to more than one image at once",
    options: { otherwise: { refuses: ({ length }) => (length > 1 ? 413 : undefined) } },
  },
  full: { words: "has no space left (A700)", options: { mostHeldBytes: 0 } },
  hang: { words: "takes the request and never answers", options: { otherwise: { ending: "hang", keeps: "none" } } },
  cut: { words: "stores, and cuts the connection without an answer", options: { otherwise: { ending: "close" } } },
  xml: { words: "answers in XML, whatever is asked for", options: { answers: "xml" } },
  "upper-case": { words: "writes the keys of its JSON in upper case", options: { answers: "upper-case" } },
  "lower-case": { words: "writes the keys of its JSON in lower case", options: { answers: "lower-case" } },
  "close-connections": { words: "closes a connection after two requests", options: { closeAfterRequests: 2 } },
  "expired-token": { words: "refuses each token after one request", options: { tokenUses: 1 } },
  "no-queries": { words: "answers no queries (404)", options: { queries: 404 } },
  "no-retrieval": { words: "gives no image back (403)", options: { retrieves: 403 } },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];

/** Several at once; of two that speak of the same thing the later one counts. */
export function withFaults(names: readonly FaultName[]): FakePacsOptions {
  const chosen: readonly FakePacsOptions[] = names.map((name) => faults[name].options);
  const otherwise = Object.assign({}, ...chosen.map((options) => options.otherwise));
  return Object.assign({}, ...chosen, { otherwise });
}
