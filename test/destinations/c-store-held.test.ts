import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ScpBehaviour } from "../support/fake-scp.ts";
import { madeInstance, madeSeries } from "../support/made-instance.ts";
import { codeOf, scpFakes } from "./fakes.ts";
import { store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(30_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const never = new AbortController().signal;
const fakeScp = scpFakes();

describe("what the peer holds (on_conflict)", () => {
  /** An archive that shows what it took, and a first image there. */
  async function archive(more: ScpBehaviour = {}) {
    const holds: string[] = [];
    const { fake, at } = await fakeScp({ finds: () => holds, ...more });
    const first = madeInstance(folder.path, { fill: 1 });
    const second = madeInstance(folder.path, { fill: 2, sop: first.sopInstanceUID });
    expect((await store(at(), [first])).sending).toEqual([first.sopInstanceUID]);
    holds.push(first.sopInstanceUID);
    return { fake, at, first, second };
  }

  test("refuse: what is held and was not sent before is a conflict, and is not sent; the others are", async () => {
    const { fake, at, second } = await archive();
    const other = madeInstance(folder.path);
    const told = await store(at(), [second, other]);
    expect(told.of(second)).toMatchObject({ result: "refused", error: { code: "instance_conflict" } });
    expect(told.of(second)?.error?.message).toContain("cannot be compared");
    expect(told.of(other)?.result).toBe("stored");
    expect(told.sending).toEqual([other.sopInstanceUID]);
    expect(fake.received.length).toBe(2);
  });

  test("refuse: what was sent before goes again, for the answer may have been lost", async () => {
    const { fake, at, first } = await archive();
    const again = { ...first, sentBefore: true };
    expect((await store(at(), [again])).outcomes).toEqual([
      { sopInstanceUID: first.sopInstanceUID, result: "stored", answer: "0000" },
    ]);
    expect(fake.received.length).toBe(2);
  });

  test("send: it goes out, and stands by the archive's word alone", async () => {
    const { fake, at, second } = await archive();
    const told = await store(at({ on_conflict: "send" }), [second]);
    expect(told.of(second)).toMatchObject({ answer: "0000, held before, not compared", verified: false });
    expect(told.sending).toEqual([]);
    expect(fake.received.length).toBe(2);
  });

  test("0111 for what was sent before is no conflict with another", async () => {
    const { at, first } = await archive({ status: (index) => (index === 0 ? 0 : 0x0111) });
    const again = { ...first, sentBefore: true };
    expect((await store(at(), [again])).of(again)).toMatchObject({ answer: "0111, sent before", verified: false });
  });

  test("a peer that cannot be asked is sent to, and taken by its word", async () => {
    for (const finds of [undefined, () => 0x0122, () => 0xa900, () => 0xb001]) {
      const { at } = await fakeScp(finds === undefined ? {} : { finds });
      const [instance] = madeSeries(folder.path, 1);
      const told = await store(at(), [instance as never]);
      expect(told.outcomes).toMatchObject([{ result: "stored", answer: "0000", verified: false }]);
      expect(told.sending).toEqual([]);
      expect(await at().find([instance as never], never)).toBeNull();
    }
  });

  test("a query that fails is no answer: nothing is sent, nothing is confirmed, both may be tried again", async () => {
    for (const status of [0xa700, 0x0110, 0xc001, 0xfe00]) {
      const { fake, at } = await fakeScp({ finds: () => status });
      const instances = madeSeries(folder.path, 2);
      const told = await store(at(), instances);
      expect([codeOf(told.error), told.outcomes, fake.received]).toEqual(["destination_busy true", [], []]);
      expect(
        codeOf(
          await at()
            .find(instances, never)
            .catch((error: unknown) => error),
        ),
      ).toBe("destination_busy true");
    }
  });
});
