import { describe, expect, test } from "bun:test";
import { chromium } from "../support/browser.ts";
import { carry } from "../support/carried.ts";
import { canMakeLines } from "../support/line.ts";

if (chromium !== null && canMakeLines)
  describe("the app over a bad line, in namespaces of its own", () => {
    test("half of the packets to the box are lost: 512 kB are delivered, byte for byte", async () => {
      const { ended, same, lost } = await carry({ up: { loss: 0.5 } }, 512_000, 150_000);
      expect({ ended, same }).toEqual({ ended: "delivered", same: true });
      expect(lost).toBeGreaterThan(0.2); // both directions counted, one of them whole
    }, 180_000);
  });
