import { expect, test } from "bun:test";
import { batchLimit, forgetfulKeeper, learnSize } from "./capability.ts";

const megabytes = (keeper: ReturnType<typeof forgetfulKeeper>) => batchLimit(200, keeper.known());

test("a request that was too large halves the next ones, until something is taken; that much goes from then on", () => {
  const keeper = forgetfulKeeper();
  expect(megabytes(keeper)).toBe(200);
  learnSize(keeper, 180, true);
  expect(megabytes(keeper)).toBe(90);
  learnSize(keeper, 80, true);
  expect(megabytes(keeper)).toBe(40);
  learnSize(keeper, 38, false);
  expect(megabytes(keeper)).toBe(40);
  learnSize(keeper, 55, false); // one image alone
  expect(megabytes(keeper)).toBe(55);
});

test("where nothing was ever too large, nothing is written", () => {
  let writes = 0;
  const keeper = forgetfulKeeper();
  const counting = {
    known: keeper.known,
    learn: () => {
      writes++;
    },
  };
  learnSize(counting, 1000, false);
  expect(writes).toBe(0);
});

test("an archive that takes more, or less, than it did is learnt anew", () => {
  const keeper = forgetfulKeeper();
  learnSize(keeper, 100, true);
  learnSize(keeper, 60, false);
  learnSize(keeper, 100, false);
  expect(megabytes(keeper)).toBe(200);
  learnSize(keeper, 100, true);
  learnSize(keeper, 60, false);
  learnSize(keeper, 50, true);
  expect(megabytes(keeper)).toBe(25);
});
