import { expect, test } from "bun:test";
import { startClock } from "./clock.ts";

const day = 86_400_000;
/** A machine whose wall clock somebody may set, started at a moment. */
function machine(wallAt = 1_000_000, saved = { wall: wallAt, box: 500 }) {
  let [wall, monotonic] = [wallAt, 77.25];
  const clock = startClock(saved, { wall: () => wall, monotonic: () => monotonic });
  return {
    clock,
    pass: (ms: number) => {
      wall += ms;
      monotonic += ms;
    },
    set: (ms: number) => {
      wall += ms;
    },
  };
}

test("box time goes on from what was saved, and counts what passes", () => {
  const { clock, pass } = machine();
  expect(clock.now()).toEqual({ wall: 1_000_000, box: 500 });
  pass(3600);
  expect(clock.now()).toEqual({ wall: 1_003_600, box: 4100 });
});

test.each([day, -day])("setting the wall clock by %d ms does not move it", (jump) => {
  const { clock, pass, set } = machine();
  set(jump);
  pass(1000);
  expect(clock.now()).toEqual({ wall: 1_001_000 + jump, box: 1500 });
});

test.each([
  ["nothing", 1_000_000, 500],
  ["what a kill left unsaved", 1_000_000 + 9000, 9500],
  ["a night switched off", 1_000_000 + day / 2, 15_500],
  ["a clock set forward meanwhile", 1_000_000 + 365 * day, 15_500],
  ["a clock set back meanwhile", 1_000_000 - day, 500],
])("a start after %s counts no more than can be unsaved", (_, wall, box) => {
  expect(machine(wall, { wall: 1_000_000, box: 500 }).clock.now().box).toBe(box);
});

test("a box that is killed again and again gets older all the same", () => {
  let saved = { wall: 1_000_000, box: 500 };
  for (let n = 0; n < 100; n++) saved = machine(saved.wall + 5000, saved).clock.now();
  expect(saved.box).toBe(500 + 100 * 5000);
});

test("a moment of box time is shown by the wall clock of the present, and the same at each look", () => {
  const { clock, pass, set } = machine();
  expect(clock.wallOf(1500)).toBe(1_001_000);
  pass(300);
  set(400);
  expect(clock.wallOf(1500)).toBe(1_001_000);
  set(day);
  expect(clock.wallOf(1500)).toBe(1_001_400 + day);
});
