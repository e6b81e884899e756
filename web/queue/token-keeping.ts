import type { Api } from "../api/http.ts";
import type { Entry } from "./entry.ts";
import { renewed, type Way } from "./journey.ts";

/** How often it is looked, and how long before its end a token is renewed, milliseconds. */
const lookMs = 300_000;
const earlyMs = 1_200_000;

/** Studies whose token would end while they wait for their turn: who handed the device over cannot give them another. */
export const endingSoon = (entries: Iterable<Entry>, now: number): Entry[] =>
  [...entries].filter(({ ended, uploading, progress: { uploadId, token, tokenExpiresAt } }) => {
    const left = tokenExpiresAt - now;
    return !ended && !uploading && uploadId !== null && token !== null && left > 0 && left < earlyMs;
  });

/** Keeps the tokens of waiting studies alive from now on; what fails is tried at the next look. */
export function keepTokens(api: Api, entries: ReadonlyMap<string, Entry>, save: Way["save"]): void {
  setInterval(() => {
    for (const entry of endingSoon(entries.values(), Date.now())) void renewed(api, entry, save).catch(() => undefined);
  }, lookMs);
}
