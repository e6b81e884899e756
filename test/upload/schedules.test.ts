import { test } from "bun:test";
import { chunkSchedules, seed } from "../../scripts/proof/p04-schedules.ts";

/** P4, a tenth of `npm run proof`. */
const schedules = 200;

test(`${schedules} chunk schedules, seed ${seed}, with kills between: bytes equal at the end`, async () => {
  await chunkSchedules(schedules);
}, 300_000);
