import { configureLocalization, msg } from "@lit/localize";
import { en, type Word } from "../locales/en.ts";

export type { Word } from "../locales/en.ts";
export type Filling = Readonly<Record<string, string | number>>;

/** Languages in their own words; the list of More. */
export const languages = { en: "English", de: "Deutsch", fr: "Français" } as const;
export type Language = keyof typeof languages;

const catalogues = {
  de: () => import("../locales/de.ts"),
  fr: () => import("../locales/fr.ts"),
} as const;
const isLoadable = (code: string): code is keyof typeof catalogues => code in catalogues;
const isLanguage = (code: string): code is Language => code in languages;

const { getLocale, setLocale } = configureLocalization({
  sourceLocale: "en",
  targetLocales: Object.keys(catalogues),
  loadLocale: (code) => (isLoadable(code) ? catalogues[code]() : Promise.reject(new Error("no such language"))),
});

/** The language the screens speak now. */
export const language = (): Language => (isLanguage(getLocale()) ? (getLocale() as Language) : "en");

/** The first of the browser's languages that there is. @param wanted BCP 47 tags, best first */
export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const code = tag.slice(0, 2).toLowerCase();
    if (isLanguage(code)) return code;
  }
  return "en";
}

/** Loads what a set of own texts has in a language. */
const companions = new Set<(code: Language) => Promise<void>>();
let wanted: Language = "en";

/** Loads a language and makes the screens speak it; `lit-localize-status` tells who listens. */
export async function speak(code: Language): Promise<void> {
  wanted = code;
  await Promise.allSettled([...companions].map((load) => load(code)));
  await setLocale(code).catch(() => undefined); // offline and never loaded: the language that is there stays
  document.documentElement.lang = language();
}

/**
 * Fills `{name}` and chooses `{name|one|other}` by the language's plural rule.
 * @param locale BCP 47
 */
export function fill(text: string, filling: Filling, locale: string): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
    const value = filling[name];
    if (value === undefined) return whole;
    if (one === undefined) return typeof value === "number" ? value.toLocaleString(locale) : value;
    return (new Intl.PluralRules(locale).select(Number(value)) === "one" ? one : other) ?? "";
  });
}

/** A text in the present language. */
export const say = (word: Word, filling: Filling = {}): string =>
  fill(msg(en[word], { id: word }), filling, language());

type Catalogue<Own extends string> = Readonly<Record<Own, string>>;

/** Texts that come with some screens, not with the first load: English at once, another language when it is spoken. */
export async function ownWords<Own extends string>(
  en: Catalogue<Own>,
  others: Readonly<Record<Exclude<Language, "en">, () => Promise<Catalogue<Own>>>>,
): Promise<(word: Own, filling?: Filling) => string> {
  const known = new Map<Language, Catalogue<Own>>([["en", en]]);
  const load = async (code: Language) => {
    if (code !== "en" && !known.has(code)) known.set(code, await others[code]());
  };
  companions.add(load);
  await load(wanted).catch(() => undefined); // offline and never loaded: English
  return (word, filling = {}) => fill((known.get(language()) ?? en)[word], filling, language());
}
