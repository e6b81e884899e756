import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { madeInstance, madeSeries } from "../support/made-instance.ts";
import { codeOf, results, stowFakes } from "./fakes.ts";
import { store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(30_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const fakePacs = stowFakes();

describe("what counts as stored (rule 1)", () => {
  test("each instance that stands in ReferencedSOPSequence", async () => {
    const { fake, at } = await fakePacs();
    const told = await store(at(), madeSeries(folder.path, 3));
    expect(told.outcomes.map(({ result, answer }) => `${result} ${answer}`)).toEqual(Array(3).fill("stored 200"));
    expect(fake.held.size).toBe(3);
    expect(fake.stores.length).toBe(1);
  });

  test("a warning is stored and says so", async () => {
    const { at } = await fakePacs({ script: [{ warns: (_, index) => (index === 1 ? 45056 : undefined) }] });
    const told = await store(at(), madeSeries(folder.path, 2));
    expect(told.outcomes.map(({ answer }) => answer)).toEqual(["202", "202 warning 45056"]);
  });

  test("200 with nothing stored and nothing listed is not confirmed", async () => {
    const { at } = await fakePacs({ script: [{ keeps: "none", body: "{}" }] });
    const told = await store(at(), madeSeries(folder.path, 2));
    expect(told.outcomes.map(({ result, error }) => `${result} ${error?.code}`)).toEqual(
      Array(2).fill("retry not_confirmed"),
    );
  });

  for (const [name, script] of [
    ["200 with an empty body", { body: "" }],
    [
      "200 with a page of HTML",
      { body: "<html><body>Welcome</body></html>", headers: { "content-type": "text/html" } },
    ],
    ["200 with broken JSON", { body: '{"00081199": {"Value": [' }],
    ["204", { status: 204, body: "" }],
    ["202 with an empty body", { status: 202, body: "" }],
    ["400 although all were stored", { status: 400, body: "" }],
    ["500 although all were stored", { status: 500, body: "boom" }],
    ["a connection cut after the request", { ending: "close" }],
  ] as const) {
    test(`${name}: asked by query, and found`, async () => {
      const { fake, at } = await fakePacs({ script: [script] });
      const told = await store(at(), madeSeries(folder.path, 2));
      expect(told.error).toBeNull();
      expect(told.outcomes.map(({ result, verified }) => `${result} ${verified}`)).toEqual(
        Array(2).fill("stored true"),
      );
      expect(fake.stores.length).toBe(1);
    });
  }

  test("an answer over the cap and an endless one are given up and asked for", async () => {
    for (const body of ["endless", " ".repeat(300_000)]) {
      const { at } = await fakePacs({ script: [{ body }] });
      expect(results(await store(at({}, 100_000), madeSeries(folder.path, 1)))).toEqual(["stored"]);
    }
  });

  test("without queries nothing that is not listed counts", async () => {
    const { at } = await fakePacs({ script: [{ body: "" }], queries: 501 });
    const told = await store(at(), madeSeries(folder.path, 1));
    expect(told.outcomes[0]?.error?.code).toBe("not_confirmed");
  });
});

describe("409 and 400 (rule 2)", () => {
  test("reasons decide: refused for good, later, and the listed ones stored", async () => {
    const reasons = [undefined, 0xa700, 0xa900, 0xc122, 0x0122, 0xa77b, 0xa77a];
    const { at } = await fakePacs({ script: [{ fails: (_, index) => reasons[index] }] });
    const told = await store(at(), madeSeries(folder.path, reasons.length));
    expect(told.outcomes.map(({ result, error }) => `${result} ${error?.code ?? ""}`.trim())).toEqual([
      "stored",
      "retry destination_busy",
      "refused instance_refused",
      "refused transfer_syntax_refused",
      "refused transfer_syntax_refused",
      "refused instance_refused",
      "retry destination_busy",
    ]);
  });

  test("a processing failure is tried once more alone", async () => {
    const [good, bad, hiccup] = madeSeries(folder.path, 3) as [never, never, never];
    const instances: { sopInstanceUID: string }[] = [good, bad, hiccup];
    const fails = (uids: number[]) => (part: { sopInstanceUID: string }) =>
      uids.some((index) => instances[index]?.sopInstanceUID === part.sopInstanceUID) ? 272 : undefined;
    const { fake, at } = await fakePacs({ script: [{ fails: fails([1, 2]) }], otherwise: { fails: fails([1]) } });
    const told = await store(at(), [good, bad, hiccup]);
    expect(told.of(good)?.result).toBe("stored");
    expect(told.of(hiccup)?.result).toBe("stored");
    expect(told.of(bad)).toMatchObject({ result: "refused", answer: "409 reason 272" });
    expect(fake.stores.map(({ uids }) => uids.length)).toEqual([3, 1, 1]);
  });

  test("a bare 409 is never success", async () => {
    const { at } = await fakePacs({ otherwise: { status: 409, body: "", keeps: "none" } });
    const told = await store(at(), madeSeries(folder.path, 2));
    expect(told.outcomes.map(({ result, error }) => `${result} ${error?.code}`)).toEqual(
      Array(2).fill("refused instance_refused"),
    );
  });

  test("one bad image in a batch that is refused whole: halves find it, the others are stored", async () => {
    const instances = madeSeries(folder.path, 9);
    const bad = instances[6];
    for (const [status, result] of [
      [400, "refused"],
      [500, "retry"],
    ] as const) {
      const refuses = (parts: readonly { sopInstanceUID: string }[]) =>
        parts.some((part) => part.sopInstanceUID === bad?.sopInstanceUID) ? status : undefined;
      const { fake, at } = await fakePacs({ otherwise: { refuses } });
      const told = await store(at(), instances);
      expect(told.error).toBeNull();
      expect(told.outcomes.filter((one) => one.result === "stored").length).toBe(8);
      expect(told.outcomes.find((one) => one.result !== "stored")).toMatchObject({
        sopInstanceUID: bad?.sopInstanceUID,
        result,
      });
      expect(fake.held.size).toBe(8);
    }
  });
});

describe("duplicates (rule 3)", () => {
  const pair = () => {
    const first = madeInstance(folder.path, { fill: 1 });
    return { first, second: madeInstance(folder.path, { fill: 2, sop: first.sopInstanceUID }) };
  };

  test("the same bytes are not sent again", async () => {
    const { fake, at } = await fakePacs();
    const { first } = pair();
    await store(at(), [first]);
    expect((await store(at(), [first])).of(first)).toMatchObject({
      result: "stored",
      answer: "AlreadyStored",
      verified: true,
    });
    expect(fake.stores.length).toBe(1);
  });

  test("an archive that silently keeps the old copy: a conflict, also with on_conflict = send", async () => {
    const { at } = await fakePacs({ duplicates: "keep" });
    const { first, second } = pair();
    await store(at(), [first]);
    for (const on_conflict of ["refuse", "send"] as const) {
      expect((await store(at({ on_conflict }), [second])).of(second)?.error?.code).toBe("instance_conflict");
    }
  });

  test("an archive that replaces: refused by default, replaced and looked at with on_conflict = send", async () => {
    const { at } = await fakePacs({ duplicates: "replace" });
    const { first, second } = pair();
    await store(at(), [first]);
    expect((await store(at(), [second])).of(second)?.error?.code).toBe("instance_conflict");
    expect((await store(at({ on_conflict: "send" }), [second])).of(second)).toMatchObject({
      result: "stored",
      verified: true,
    });
  });

  test("45070 (Azure): the same bytes are stored, others a conflict, and so is what cannot be compared", async () => {
    const { first, second } = pair();
    for (const [retrieves, same, other] of [
      [true, "stored", "refused"],
      [false, "refused", "refused"],
    ] as const) {
      // Without queries nothing is known beforehand: the peer's reason alone tells.
      const { at } = await fakePacs({ duplicates: "refuse", queries: 404, retrieves });
      await store(at(), [first]);
      expect((await store(at(), [first])).of(first)?.result).toBe(same);
      expect((await store(at(), [second])).of(second)?.result).toBe(other);
    }
  });

  for (const retrieves of [404, 403]) {
    test(`held before and not to be compared (WADO ${retrieves}): never taken for ours`, async () => {
      const { fake, at } = await fakePacs({ retrieves, duplicates: "keep" });
      const { first, second } = pair();
      expect((await store(at(), [first])).sending).toEqual([first.sopInstanceUID]);
      const told = await store(at(), [second]);
      expect(told.of(second)).toMatchObject({ result: "refused", error: { code: "instance_conflict" } });
      expect(told.of(second)?.error?.message).toContain("cannot be compared");
      expect(told.sending).toEqual([]);
      expect(fake.stores.length).toBe(1);
      // on_conflict = "send": it goes out, and its word proves nothing.
      expect((await store(at({ on_conflict: "send" }), [second])).of(second)?.error?.code).toBe("instance_conflict");
      expect(fake.stores.length).toBe(2);
    });
  }

  test("sent before and not to be compared: its word, which no query makes better", async () => {
    for (const duplicates of ["keep", "refuse"] as const) {
      const { at } = await fakePacs({ retrieves: false, duplicates });
      const { first } = pair();
      await store(at(), [first]);
      const again = { ...first, sentBefore: true };
      expect((await store(at(), [again])).of(again)).toEqual({
        sopInstanceUID: first.sopInstanceUID,
        result: "stored",
        answer:
          duplicates === "keep" ? "200, held before, not compared" : "409 reason 45070, held before, not compared",
        verified: false,
      });
    }
  });

  for (const retrieves of [429, 503]) {
    test(`busy at the comparison (WADO ${retrieves}): tried again, nothing is sent`, async () => {
      const { fake, at } = await fakePacs({ retrieves, duplicates: "keep" });
      const { first, second } = pair();
      await store(at(), [first]);
      for (const one of [second, { ...first, sentBefore: true }]) {
        const told = await store(at(), [one]);
        expect([codeOf(told.error), told.outcomes, told.sending]).toEqual(["destination_busy true", [], []]);
      }
      expect(fake.stores.length).toBe(1);
    });
  }

  test("an error of the archive at one comparison: that image waits, the others are stored", async () => {
    const { fake, at } = await fakePacs({ retrieves: 500, duplicates: "keep" });
    const { first, second } = pair();
    await store(at(), [first]);
    const other = madeInstance(folder.path);
    const told = await store(at(), [second, other]);
    expect(codeOf(told.error)).toBe("destination_bad_answer true");
    expect(told.outcomes.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual([other.sopInstanceUID]);
    expect(fake.stores[1]?.uids).toEqual([other.sopInstanceUID]);
  });
});

describe("a peer without queries (rule 1)", () => {
  const both = [madeInstance(folder.path, { fill: 1 })] as const;
  const second = madeInstance(folder.path, { fill: 2, sop: both[0].sopInstanceUID });

  for (const queries of [403, 404, "html", 500] as const) {
    test(`queries ${queries}: retrieval tells what lies there before anything is sent`, async () => {
      const { fake, at } = await fakePacs({ queries, duplicates: "keep" });
      const told = await store(at(), both);
      expect(told.error).toBeNull();
      // Not found by retrieval, which not every peer offers: no proof that nothing lies there.
      expect([told.outcomes[0]?.result, told.outcomes[0]?.verified, told.sending]).toEqual(["stored", false, []]);
      expect((await store(at(), [second])).of(second)?.error?.code).toBe("instance_conflict");
      expect((await store(at(), both)).outcomes[0]).toMatchObject({ answer: "AlreadyStored", verified: true });
      expect(fake.stores.length).toBe(1);
    });
  }

  test("neither queries nor retrieval: its word alone, and one try at retrieval a lane", async () => {
    for (const retrieves of [403, 500]) {
      const { fake, at } = await fakePacs({ queries: 404, retrieves });
      const told = await store(at(), madeSeries(folder.path, 20));
      expect(told.error).toBeNull();
      expect(told.outcomes.map(({ result, verified }) => `${result} ${verified}`)).toEqual(
        Array(20).fill("stored false"),
      );
      expect(fake.requests.filter(({ method }) => method === "GET").length).toBeLessThanOrEqual(1 + 4);
    }
  });

  test("queries fail and so does retrieval: tried again, nothing is sent", async () => {
    for (const retrieves of [403, 500, 503]) {
      const { fake, at } = await fakePacs({ queries: 500, retrieves, duplicates: "keep" });
      expect((await store(at(), both)).error).toMatchObject({ retryable: true });
      expect(fake.stores).toEqual([]);
    }
  });
});
