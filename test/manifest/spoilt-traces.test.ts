import { expect, test } from "bun:test";
import { traces } from "../../scripts/proof/p13-p14-traces.ts";

/** P13 and P14, a tenth of `npm run proof`: every kind of destination, a rude archive, spoilt files and wrong requests. */
test("nothing of a patient stays or is told", async () => {
  const { uploads, told, kept, shown } = await traces(30);
  expect(uploads).toBeGreaterThan(30);
  expect({ told, kept, shown }).toEqual({ told: [], kept: [], shown: [] });
}, 240_000);
