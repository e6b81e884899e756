import { afterAll, beforeAll, expect, test } from "bun:test";
import { ownWords, speak } from "./text.ts";

/** What of a page `speak` touches. */
const page = { window: new EventTarget(), document: { documentElement: {} } };
const had = Object.keys(page).filter((name) => name in globalThis);
beforeAll(() => void Object.assign(globalThis, had.length > 0 ? {} : page));
afterAll(async () => {
  await speak("en");
  if (had.length === 0) for (const name of Object.keys(page)) Reflect.deleteProperty(globalThis, name);
});

test("comes in the language that is spoken, and with each that is spoken later", async () => {
  const asked: string[] = [];
  const catalogue = (code: string, text: string) => async () => {
    asked.push(code);
    return { days: text };
  };
  await speak("de");
  const own = await ownWords(
    { days: "{n} {n|day|days}" },
    {
      de: catalogue("de", "{n} {n|Tag|Tage}"),
      fr: catalogue("fr", "{n} {n|jour|jours}"),
    },
  );
  expect(own("days", { n: 2 })).toBe("2 Tage");
  expect(asked).toEqual(["de"]);
  await speak("fr");
  expect(own("days", { n: 0 })).toBe("0 jour");
  await speak("en");
  expect(own("days", { n: 1 })).toBe("1 day");
  await speak("de");
  expect(asked).toEqual(["de", "fr"]);
});

test("what cannot be loaded is said in English", async () => {
  const gone = () => Promise.reject(new Error("offline"));
  const own = await ownWords({ room: "Room" }, { de: gone, fr: gone });
  expect(own("room")).toBe("Room");
});
