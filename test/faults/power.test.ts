import { describe, expect, test } from "bun:test";
import { powerCuts } from "../../scripts/proof/p02-power.ts";
import { completeCuts } from "../../scripts/proof/p03-complete.ts";
import { canCut } from "../support/loop-disk.ts";

/** P2 and P3, a tenth of `npm run proof`: the power goes, and what was answered is there. */
const cuts = 3;
const patience = 120_000;

for (const kind of (["ext4", "xfs"] as const).filter(canCut))
  describe(`the power goes, ${kind}`, () => {
    test(
      "while chunks come in: every answered one is there with its bytes",
      async () => {
        const { answered, lost, delivered } = await powerCuts(kind, cuts);
        expect(answered).toBeGreaterThan(cuts);
        expect({ lost, delivered }).toEqual({ lost: 0, delivered: cuts });
      },
      patience,
    );
    test(
      "while a study is unpacked, accepted and forwarded: it is there whole or not at all",
      async () => expect((await completeCuts(kind, cuts)).half).toBe(0),
      patience,
    );
  });
