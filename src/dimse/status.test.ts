import { expect, test } from "bun:test";
import { cannotBeAsked, statusHex, statusMeaning } from "./status.ts";

test("every status has one meaning (PS3.4 B.2.3, PS3.18 I.2.2, PACS-specific ones)", () => {
  const table: Record<number, string> = {
    0: "stored",
    45056: "stored",
    45062: "stored",
    45063: "stored",
    45312: "stored", // AWS
    42752: "retry",
    43007: "retry",
    42871: "refused", // dcm4chee A777
    42874: "retry", // dcm4chee A77A
    43264: "refused",
    43519: "refused",
    49152: "again",
    49442: "refused",
    53247: "again",
    272: "again",
    273: "duplicate",
    290: "refused",
    45070: "duplicate", // Azure
    45071: "retry", // Azure
    65535: "again",
  };
  for (const [status, result] of Object.entries(table)) {
    expect({ status, result: statusMeaning(Number(status)).result }).toEqual({ status, result } as never);
  }
  expect(statusMeaning(null).result).toBe("again");
  expect([0, 272, 42752, null].map(statusHex)).toEqual(["0000", "0110", "A700", "none"]);
});

test("a C-FIND that fails is an answer only where the peer refuses the question for good (PS3.4 C.4.1.1.4)", () => {
  for (const status of [0x0122, 0x0124, 0x0211, 0xa800, 0xa900, 0xb001]) expect(cannotBeAsked(status)).toBe(true);
  for (const status of [0x0000, 0x0110, 0xa700, 0xa7ff, 0xc000, 0xfe00]) expect(cannotBeAsked(status)).toBe(false);
});
