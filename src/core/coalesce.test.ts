import { expect, test } from "bun:test";
import { coalesced, coalescedBy } from "./coalesce.ts";

/** Work whose runs end when the test says so. */
function stage() {
  const runs: PromiseWithResolvers<void>[] = [];
  const ask = coalesced(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  return { runs, ask };
}

test("who asks while a run is under way shares the next one, which begins afterwards", async () => {
  const { runs, ask } = stage();
  const first = ask();
  const later = [ask(), ask(), ask()];
  expect(runs.length).toBe(1);
  runs[0]?.resolve();
  await first;
  await Promise.resolve();
  expect(runs.length).toBe(2);
  runs[1]?.resolve();
  await Promise.all(later);
  expect(runs.length).toBe(2);
});

test("a run that fails fails for its own askers only", async () => {
  const { runs, ask } = stage();
  const first = ask();
  const second = ask();
  runs[0]?.reject(new Error("no"));
  await expect(first).rejects.toThrow("no");
  await Promise.resolve();
  runs[1]?.resolve();
  await second;
  const third = ask();
  runs[2]?.resolve();
  await third;
});

test("each key has runs of its own", async () => {
  const runs: string[] = [];
  const open = Promise.withResolvers<void>();
  const ask = coalescedBy(async (key: string) => {
    runs.push(key);
    await open.promise;
  });
  const asked = [ask("a"), ask("b"), ask("a"), ask("a")];
  expect(runs).toEqual(["a", "b"]);
  open.resolve();
  await Promise.all(asked);
  expect(runs).toEqual(["a", "b", "a"]);
});
