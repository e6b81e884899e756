import { expect, test } from "bun:test";
import { upgrades } from "../../scripts/proof/p24-upgrade.ts";

/** P24, a tenth of `npm run proof`. */
test("folders of older tables are upgraded, also where the power goes while they are, and go on", async () => {
  expect(await upgrades([1, 6, 11], 1)).toMatchObject({ cuts: 3, whole: 3, faults: [] });
}, 120_000);
