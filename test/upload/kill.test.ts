import { expect, test } from "bun:test";
import { chunkKills, seed } from "../../scripts/proof/p01-kill.ts";

/** P1, a tenth of `npm run proof`. */
const kills = 20;

test(`kill -9, ${kills} times, seed ${seed}: every answered chunk is there with its bytes and not asked for again`, async () => {
  expect((await chunkKills(kills)).lost).toBe(0);
}, 240_000);
