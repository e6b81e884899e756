import { de } from "./words-de.ts";
import { en } from "./words-en.ts";
import { fr } from "./words-fr.ts";

/** A device and what to do on it. `important` is the step that everyone misses. */
export interface DeviceSteps {
  readonly id: "ios" | "android" | "windows" | "macos" | "firefox";
  readonly name: string;
  readonly download: "profile" | "certificate";
  readonly steps: readonly string[];
  readonly important?: number;
}

/** The words of the trust page. `{name}` is the authority's. */
export interface TrustWords {
  readonly title: string;
  readonly lead: string;
  readonly checking: string;
  readonly trusted: string;
  readonly untrusted: string;
  readonly unknown: string;
  readonly open: string;
  readonly certificate: string;
  readonly profile: string;
  readonly compare: string;
  readonly compareText: string;
  readonly devices: string;
  readonly other: string;
  readonly otherText: string;
  readonly managed: string;
  readonly language: string;
  readonly skip: string;
  readonly deviceSteps: readonly DeviceSteps[];
}

export const trustWords = { en, de, fr } as const satisfies Record<string, TrustWords>;
export type TrustLanguage = keyof typeof trustWords;
/** Languages in their own words. */
export const languageNames: Record<TrustLanguage, string> = { en: "English", de: "Deutsch", fr: "Français" };

const isLanguage = (code: string): code is TrustLanguage => Object.hasOwn(trustWords, code);

/** What the address asks for, else the first of the browser's languages that there is (RFC 9110 12.5.4). */
export function languageOf(request: Request): TrustLanguage {
  const asked = new URL(request.url).searchParams.get("lang") ?? "";
  const accepted = (request.headers.get("accept-language") ?? "").split(",").map((it) => it.trim().slice(0, 2));
  return [asked, ...accepted].map((it) => it.toLowerCase()).find(isLanguage) ?? "en";
}
