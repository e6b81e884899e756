import { expect, test } from "bun:test";
import { savedQueues } from "../../scripts/proof/p25-phone.ts";
import { chromium } from "../support/browser.ts";
import { canCut } from "../support/loop-disk.ts";

/** P25, a share of `npm run proof`; that a killed browser goes on is told by queue.test.ts. */
if (chromium !== null && canCut("ext4"))
  test("the phone loses its power with the word saved: nothing is lost, and it goes on", async () => {
    expect(await savedQueues(3, "power cut")).toEqual({ rounds: 3, lost: 0 });
  }, 180_000);
