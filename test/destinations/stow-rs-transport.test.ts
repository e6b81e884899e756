import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { DestinationError } from "../../src/destinations/destination.ts";
import { madeInstance, madeSeries } from "../support/made-instance.ts";
import { codeOf, results, stowFakes } from "./fakes.ts";
import { store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(30_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const never = new AbortController().signal;
const fakePacs = stowFakes();

describe("batches (rule 5)", () => {
  test("by count and by bytes; one above the bytes goes alone", async () => {
    const { fake, at } = await fakePacs();
    const small = madeSeries(folder.path, 5);
    const large = madeInstance(folder.path, { pixels: 20_000 });
    await store(at({ batch_instances: 2 }), small);
    expect(fake.stores.map(({ uids }) => uids.length).sort()).toEqual([1, 2, 2]);
    const uids = small.map(({ sopInstanceUID }) => sopInstanceUID);
    expect(fake.stores.flatMap(({ uids }) => uids).sort()).toEqual(uids);
    fake.held.clear();
    await store(at({ batch_bytes: 5000 }), [large, ...small.slice(0, 2)]);
    expect(
      fake.stores
        .slice(3)
        .map(({ uids }) => uids.length)
        .sort(),
    ).toEqual([1, 2]);
  });

  test("many images: four requests share them, and a failure lets nothing more begin", async () => {
    const { fake, at } = await fakePacs();
    await store(at(), madeSeries(folder.path, 60));
    expect(fake.stores.map(({ uids }) => uids.length)).toEqual([15, 15, 15, 15]);
    const busy = await fakePacs({ otherwise: { refuses: () => 503 } });
    const told = await store(busy.at({ batch_instances: 2 }), madeSeries(folder.path, 60));
    expect(codeOf(told.error)).toBe("destination_busy true");
    expect(busy.fake.stores.length).toBeLessThanOrEqual(4);
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
    expect(fake.stores.length).toBeLessThan(30);
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

test("an archive that keeps store, queries and retrieval under addresses of their own", async () => {
  const { fake, at } = await fakePacs();
  const seen: string[] = [];
  const front = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const [, service = "", rest = ""] = /^\/(\w+)(.*)$/.exec(pathname) ?? [];
      seen.push(`${request.method} ${service}`);
      const body = request.method === "GET" ? {} : { body: await request.bytes() };
      return fetch(fake.dicomWebUrl + rest + search, { method: request.method, headers: request.headers, ...body });
    },
  });
  try {
    const base = `http://127.0.0.1:${front.port}`;
    const to = at({ url: `${base}/store`, query_url: `${base}/search`, retrieve_url: `${base}/retrieve` });
    const [one] = madeSeries(folder.path, 1);
    if (one === undefined) throw new Error("none");
    expect(results(await store(to, [one]))).toEqual(["stored"]);
    expect((await store(to, [one])).of(one)).toMatchObject({ result: "stored", answer: "AlreadyStored" });
    expect([...new Set(seen)].sort()).toEqual(["GET retrieve", "GET search", "POST store"]);
  } finally {
    await front.stop(true);
  }
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

  test("a connection that a proxy closes under a query: asked once more (rule 6)", async () => {
    const { fake, at } = await fakePacs({ queries: "cut-first" });
    expect(results(await store(at(), madeSeries(folder.path, 2)))).toEqual(["stored", "stored"]);
    expect(fake.requests.filter(({ method }) => method === "GET").length).toBe(2);
  });

  test("an answer past the cap and a proxy's page are no answer: it cannot be asked", async () => {
    for (const [queries, cap] of [
      ["paged", 2000],
      ["html", undefined],
    ] as const) {
      const { at } = await fakePacs({ queries });
      const instances = madeSeries(folder.path, 60);
      await store(at(), instances);
      expect(await at({}, cap).find(instances, never)).toBeNull();
    }
  });

  test("the check does not take a proxy's page for an answer to a query", async () => {
    const { fake, at } = await fakePacs({ queries: "html" });
    expect((await at().check(never)).at(-1)?.detail).toContain("no queries");
    expect(fake.held.size).toBe(0);
    const answering = await fakePacs();
    expect((await answering.at().check(never)).at(-1)?.detail).toContain("answers queries");
  });
});
