import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { StowRsConfig } from "../../src/core/config-schema.ts";
import { DestinationError } from "../../src/destinations/destination.ts";
import { type FakePacs, type FakePacsOptions, startFakePacs } from "../support/fake-pacs.ts";
import { madeInstance, madeSeries } from "../support/made-instance.ts";
import { destination, store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(30_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const never = new AbortController().signal;

const started: FakePacs[] = [];
afterEach(async () => {
  for (const fake of started.splice(0)) {
    expect(fake.violations).toEqual([]);
    await fake.stop();
  }
});
async function fakePacs(options: FakePacsOptions = {}) {
  const fake = await startFakePacs(options);
  started.push(fake);
  const config: StowRsConfig = { id: "fake", kind: "stow-rs", url: `${fake.dicomWebUrl}/` };
  const at = (change: Partial<StowRsConfig> = {}, cap?: number) =>
    destination({ ...config, ...change }, undefined, cap);
  return { fake, at };
}
const results = (told: { outcomes: readonly { result: string }[] }) => told.outcomes.map(({ result }) => result);
const codeOf = (error: unknown) => (error instanceof DestinationError ? `${error.code} ${error.retryable}` : error);

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

  test("held before and not to be compared: the peer's word, and the answer says so", async () => {
    const { at } = await fakePacs({ retrieves: false });
    const { first } = pair();
    await store(at(), [first]);
    expect((await store(at(), [first])).of(first)?.answer).toBe("200, held before, not compared");
  });
});

describe("batches (rule 5)", () => {
  test("by count and by bytes, in order; one above the bytes goes alone", async () => {
    const { fake, at } = await fakePacs();
    const small = madeSeries(folder.path, 5);
    const large = madeInstance(folder.path, { pixels: 20_000 });
    await store(at({ batch_instances: 2 }), small);
    expect(fake.stores.map(({ uids }) => uids.length)).toEqual([2, 2, 1]);
    expect(fake.stores.flatMap(({ uids }) => uids)).toEqual(small.map(({ sopInstanceUID }) => sopInstanceUID));
    fake.held.clear();
    await store(at({ batch_bytes: 5000 }), [large, ...small.slice(0, 2)]);
    expect(fake.stores.slice(3).map(({ uids }) => uids.length)).toEqual([1, 2]);
  });

  for (const [name, refuses] of [
    ["413", 413],
    ["411", 411],
  ] as const) {
    test(`${name}: smaller requests`, async () => {
      const { fake, at } = await fakePacs({
        otherwise: { refuses: ({ length }) => (length > 2 ? refuses : undefined) },
      });
      const told = await store(at(), madeSeries(folder.path, 8));
      expect(results(told)).toEqual(Array(8).fill("stored"));
      expect(fake.stores.map(({ uids }) => uids.length)).toEqual([8, 4, 2, 2, 4, 2, 2]);
    });
  }

  test("413 before the body was read, or the connection cut in the middle of it: smaller requests", async () => {
    for (const early of [{ early: true, status: 413 }, { closeAfterBytes: 65_536 }]) {
      const { at } = await fakePacs({ script: [early] });
      const told = await store(at(), madeSeries(folder.path, 4, { pixels: 2_000_000 }));
      expect(told.error).toBeNull();
      expect(results(told)).toEqual(Array(4).fill("stored"));
    }
  });

  test("a single image that is too large is refused", async () => {
    const { at } = await fakePacs({ otherwise: { refuses: () => 413 } });
    const told = await store(at(), madeSeries(folder.path, 1));
    expect(told.outcomes[0]).toMatchObject({ result: "refused", answer: "413" });
  });

  test("a time-out: asked, split, and the rest sent", async () => {
    const { fake, at } = await fakePacs({ script: [{ ending: "hang", keeps: (_, index) => index === 0 }] });
    const told = await store(at({ timeout_seconds: 0.3 }), madeSeries(folder.path, 4));
    expect(results(told)).toEqual(Array(4).fill("stored"));
    expect(fake.stores.map(({ uids }) => uids.length)).toEqual([4, 2, 1]);
  });
});

describe("the request as a whole (rules 7 and 8)", () => {
  for (const [status, code] of [
    [401, "destination_auth_failed false"],
    [403, "destination_auth_failed false"],
    [404, "destination_rejected false"],
    [406, "destination_rejected false"],
    [415, "destination_rejected false"],
    [307, "destination_rejected false"],
    [408, "destination_timeout true"],
    [424, "destination_busy true"],
    [429, "destination_busy true"],
    [502, "destination_unreachable true"],
    [503, "destination_busy true"],
    [504, "destination_timeout true"],
    [507, "destination_busy true"],
  ] as const) {
    test(`${status}: ${code.replace(" true", ", to be tried again").replace(" false", ", for good")}`, async () => {
      const headers = { location: "http://127.0.0.1:1/elsewhere", "retry-after": "7" };
      const { fake, at } = await fakePacs({ otherwise: { refuses: () => status, headers } });
      const told = await store(at(), madeSeries(folder.path, 2));
      expect(codeOf(told.error)).toBe(code);
      expect(told.outcomes).toEqual([]);
      expect(fake.stores.length).toBe(status === 401 ? 2 : 1);
      const wait = (told.error as DestinationError).options.retryAfterSeconds;
      expect(wait).toBe(code.endsWith("true") ? 7 : undefined);
    });
  }

  test("500 again and again ends the transport, not every image", async () => {
    const { fake, at } = await fakePacs({ otherwise: { refuses: () => 500 } });
    const told = await store(at(), madeSeries(folder.path, 100));
    expect(codeOf(told.error)).toBe("destination_bad_answer true");
    expect(fake.stores.length).toBeLessThan(15);
  });

  test("a batch that was stored before the fault stands", async () => {
    const { at } = await fakePacs({ script: [{}, { refuses: () => 503 }] });
    const told = await store(at({ batch_instances: 2 }), madeSeries(folder.path, 4));
    expect(results(told)).toEqual(["stored", "stored"]);
    expect(codeOf(told.error)).toBe("destination_busy true");
  });

  test("an archive that hangs altogether is a time-out; an abort ends the wait at once", async () => {
    const { at, fake } = await fakePacs({ otherwise: { ending: "hang", keeps: "none" }, queries: "hang" });
    expect(codeOf((await store(at({ timeout_seconds: 0.3 }), madeSeries(folder.path, 2))).error)).toBe(
      "destination_timeout true",
    );
    const stopping = new AbortController();
    const reason = new Error("asked to stop");
    const waiting = store(at(), madeSeries(folder.path, 2), stopping.signal);
    const before = fake.requests.length;
    while (fake.requests.length === before) await Bun.sleep(1);
    stopping.abort(reason);
    expect((await waiting).error).toBe(reason);
  });
});

describe("sign-in and TLS", () => {
  test("basic and bearer; a wrong one is final and found by the check", async () => {
    for (const [auth, authorization] of [
      [
        { type: "basic", username: "relay", password: "grüße" },
        `Basic ${Buffer.from("relay:grüße").toString("base64")}`,
      ],
      [{ type: "bearer", token: "abc" }, "Bearer abc"],
    ] as const) {
      const { at } = await fakePacs({ authorization });
      expect(results(await store(at({ auth }), madeSeries(folder.path, 1)))).toEqual(["stored"]);
      expect((await at({ auth }).check(never)).every(({ ok }) => ok)).toBe(true);
      const told = await store(at(), madeSeries(folder.path, 1));
      expect(codeOf(told.error)).toBe("destination_auth_failed false");
      expect((await at().check(never))[0]).toMatchObject({ ok: false });
    }
  });

  test("extra headers of the configuration go along, and never in place of ours", async () => {
    const { fake, at } = await fakePacs();
    await store(at({ headers: { "X-Site": "north", Accept: "text/html" } }), madeSeries(folder.path, 1));
    expect(fake.stores[0]?.headers["x-site"]).toBe("north");
    expect(fake.stores[0]?.headers.accept).toBe("application/dicom+json");
  });
});

describe("queries", () => {
  for (const queries of ["paged", "unpaged", "page-of-one"] as const) {
    test(`find with a server whose answers are ${queries}`, async () => {
      const { at } = await fakePacs({ queries });
      const instances = madeSeries(folder.path, queries === "page-of-one" ? 5 : 450);
      await store(at({ batch_instances: 1000 }), instances);
      const missing = madeInstance(folder.path);
      const found = await at().find([missing, ...instances], never);
      expect(found?.size).toBe(instances.length);
      expect(found?.has(missing.sopInstanceUID)).toBe(false);
    });
  }

  test("404 and 501 say that the peer cannot be asked; the check says that too", async () => {
    for (const queries of [404, 501]) {
      const { at } = await fakePacs({ queries });
      expect(await at().find(madeSeries(folder.path, 1), never)).toBeNull();
      const steps = await at().check(never);
      expect(steps.every(({ ok }) => ok)).toBe(true);
      expect(steps.at(-1)?.detail).toContain("no queries");
    }
  });

  test("500 is a fault of the peer", async () => {
    const { at } = await fakePacs({ queries: 500 });
    expect(at().find(madeSeries(folder.path, 1), never)).rejects.toBeInstanceOf(DestinationError);
  });
});
