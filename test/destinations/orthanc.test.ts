import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { OrthancConfig } from "../../src/core/config-schema.ts";
import { DestinationError } from "../../src/destinations/destination.ts";
import { type FakePacs, type FakePacsOptions, startFakePacs } from "../../src/fake-pacs/server.ts";
import { outgoing } from "../support/dicom-file.ts";
import { madeInstance, madeSeries } from "../support/made-instance.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";
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
async function fakeOrthanc(options: FakePacsOptions = {}) {
  const fake = await startFakePacs(options);
  started.push(fake);
  const config: OrthancConfig = { id: "fake", kind: "orthanc", url: fake.url };
  return { fake, at: (change: Partial<OrthancConfig> = {}) => destination({ ...config, ...change }) };
}
const codeOf = (error: unknown) => (error instanceof DestinationError ? `${error.code} ${error.retryable}` : error);

describe("answers", () => {
  for (const [said, result, code] of [
    ["Success", "stored", undefined],
    ["FilteredOut", "refused", "instance_refused"],
    ["Failure", "retry", "destination_bad_answer"],
  ] as const) {
    test(said, async () => {
      const body = JSON.stringify({ ID: "11111111-22222222-33333333-44444444-55555555", Status: said });
      const { at } = await fakeOrthanc({ script: [{ body }] });
      const [outcome] = (await store(at(), madeSeries(folder.path, 1))).outcomes;
      expect(outcome).toMatchObject({ result, answer: said });
      expect(outcome?.error?.code).toBe(code);
    });
  }

  test("AlreadyStored with the same data set behind another meta is stored", async () => {
    const { at } = await fakeOrthanc();
    const plain = madeInstance(folder.path);
    await store(at(), [plain]);
    const head = new Uint8Array(readFileSync(plain.path).subarray(0, plain.dataSetOffset));
    head.fill(0x20, 0, 128);
    const again = outgoing(plain.path, head);
    expect((await store(at(), [again])).of(again)).toMatchObject({
      result: "stored",
      answer: "AlreadyStored",
      verified: true,
    });
  });

  test("one image that is malformed in its eyes is refused, the others are stored", async () => {
    const instances = madeSeries(folder.path, 5);
    const refuses = (parts: readonly { sopInstanceUID: string }[]) =>
      parts[0]?.sopInstanceUID === instances[2]?.sopInstanceUID ? 400 : undefined;
    const { at } = await fakeOrthanc({ otherwise: { refuses } });
    const told = await store(at(), instances);
    expect(told.error).toBeNull();
    expect(told.outcomes.filter(({ result }) => result === "stored").length).toBe(4);
    expect(told.outcomes.find(({ result }) => result === "refused")?.answer).toBe("400");
  });

  for (const [status, code] of [
    [401, "destination_auth_failed false"],
    [404, "destination_rejected false"],
    [503, "destination_busy true"],
    [507, "destination_busy true"],
  ] as const) {
    test(`${status}: ${code}`, async () => {
      const { at } = await fakeOrthanc({ otherwise: { refuses: () => status } });
      const told = await store(at(), madeSeries(folder.path, 10));
      expect(codeOf(told.error)).toBe(code);
      expect(told.outcomes).toEqual([]);
    });
  }

  test("an address that is no Orthanc: not stored, whatever it says", async () => {
    for (const body of ["<html></html>", "", "[]", '{"ID":"../x","Status":"Success"}']) {
      const { at } = await fakeOrthanc({ otherwise: { body } });
      expect(codeOf((await store(at(), madeSeries(folder.path, 2))).error)).toBe("destination_bad_answer true");
    }
  });

  test("an archive that dies in the middle: what was reported stands", async () => {
    const { fake, at } = await fakeOrthanc({ script: [{}, {}, {}, {}], otherwise: { closeAfterBytes: 1000 } });
    const told = await store(at(), madeSeries(folder.path, 20, { pixels: 50_000 }));
    expect(codeOf(told.error)).toBe("destination_unreachable true");
    expect(told.outcomes.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual([...fake.held.keys()].sort());
  });

  test("silence is a time-out, an abort ends the wait at once", async () => {
    const { fake, at } = await fakeOrthanc({ otherwise: { ending: "hang", keeps: "none" } });
    expect(codeOf((await store(at({ timeout_seconds: 0.3 }), madeSeries(folder.path, 2))).error)).toBe(
      "destination_timeout true",
    );
    const stopping = new AbortController();
    const waiting = store(at(), madeSeries(folder.path, 2), stopping.signal);
    const before = fake.requests.length;
    while (fake.requests.length === before) await Bun.sleep(1);
    stopping.abort(new Error("asked to stop"));
    expect((await waiting).error).toBe(stopping.signal.reason);
  });
});

describe("what it holds before anything is sent", () => {
  const pair = () => {
    const first = madeInstance(folder.path, { fill: 1 });
    return { first, second: madeInstance(folder.path, { fill: 2, sop: first.sopInstanceUID }) };
  };
  const heldIs = (fake: FakePacs, { sopInstanceUID, path }: { sopInstanceUID: string; path: string }) =>
    Buffer.compare(fake.held.get(sopInstanceUID)?.bytes ?? new Uint8Array(), readFileSync(path)) === 0;

  test("refuse, at an archive that replaces: the older image stays, the same one is not sent again", async () => {
    const { fake, at } = await fakeOrthanc({ duplicates: "replace" });
    const { first, second } = pair();
    expect((await store(at(), [first])).sending).toEqual([first.sopInstanceUID]);
    const told = await store(at(), [second]);
    expect(told.of(second)).toMatchObject({ result: "refused", error: { code: "instance_conflict" } });
    expect(told.sending).toEqual([]);
    expect((await store(at(), [first])).of(first)).toMatchObject({ answer: "AlreadyStored", verified: true });
    expect(fake.stores.length).toBe(1);
    expect(heldIs(fake, first)).toBe(true);
  });

  test("send, at an archive that replaces and at one that does not: replaced, and looked at", async () => {
    for (const [duplicates, requests] of [
      ["replace", ["POST"]],
      ["keep", ["POST", "DELETE", "POST"]],
    ] as const) {
      const { fake, at } = await fakeOrthanc({ duplicates });
      const { first, second } = pair();
      await store(at(), [first]);
      const before = fake.requests.length;
      const told = await store(at({ on_conflict: "send" }), [second]);
      expect(told.of(second)).toMatchObject({ result: "stored", answer: "Success, replaced", verified: true });
      const changing = fake.requests
        .slice(before)
        .filter(({ method, url }) => method !== "GET" && url !== "/tools/find");
      expect(changing.map(({ method }) => method)).toEqual([...requests]);
      expect(heldIs(fake, second)).toBe(true);
    }
  });

  for (const [name, refusal] of [
    ["400", { refuses: () => 400 }],
    [
      "FilteredOut",
      { keeps: "none", body: '{"ID":"11111111-22222222-33333333-44444444-55555555","Status":"FilteredOut"}' },
    ],
  ] as const) {
    test(`send, and the archive does not take the new image (${name}): the older one is not deleted`, async () => {
      const { fake, at } = await fakeOrthanc();
      const { first, second } = pair();
      await store(at(), [first]);
      fake.script(refusal);
      expect((await store(at({ on_conflict: "send" }), [second])).of(second)?.result).toBe("refused");
      expect(fake.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
      expect(heldIs(fake, first)).toBe(true);
    });

    test(`send, and the archive takes it back after the deletion (${name}): tried again, not given up`, async () => {
      const { fake, at } = await fakeOrthanc();
      const { first, second } = pair();
      await store(at(), [first]);
      fake.script({}, refusal);
      expect((await store(at({ on_conflict: "send" }), [second])).of(second)?.result).toBe("retry");
      expect((await store(at({ on_conflict: "send" }), [second])).of(second)?.result).toBe("stored");
      expect(heldIs(fake, second)).toBe(true);
    });
  }

  test("a study whose list is longer than an answer may be is asked for in pages", async () => {
    const instances = madeSeries(folder.path, 9);
    const { fake, at } = await fakeOrthanc({ mostFound: 4 });
    await store(at(), instances);
    const before = fake.requests.length;
    expect((await at().find([...instances, madeInstance(folder.path)], never))?.size).toBe(9);
    const asked = fake.requests.slice(before);
    // Three pages, one with nothing new, and how many the study has, for one image is missing.
    expect(asked.length).toBe(5);
    const capped = destination({ id: "fake", kind: "orthanc", url: fake.url }, undefined, 700);
    expect((await capped.find(instances, never))?.size).toBe(9);
  });
});

if (orthancProgram !== null) {
  test("a real Orthanc with OverwriteInstances: refuse keeps the older image, send replaces it", async () => {
    const server = await startOrthanc({ config: { OverwriteInstances: true } });
    try {
      const at = (on_conflict: "refuse" | "send") =>
        destination({ id: "o", kind: "orthanc", url: server.url, on_conflict });
      const first = madeInstance(folder.path, { fill: 1 });
      const second = madeInstance(folder.path, { fill: 2, sop: first.sopInstanceUID });
      const holds = async (one: { path: string }) => {
        const copies = await server.files(first.sopInstanceUID);
        expect(copies.map((copy) => Buffer.compare(copy, readFileSync(one.path)))).toEqual([0]);
      };
      await store(at("refuse"), [first]);
      expect((await store(at("refuse"), [second])).of(second)?.error?.code).toBe("instance_conflict");
      await holds(first);
      expect((await store(at("send"), [second])).of(second)).toMatchObject({ answer: "Success, replaced" });
      await holds(second);
    } finally {
      await server.stop();
    }
  });

  test("a real Orthanc behind basic sign-in, and one that is full", async () => {
    const server = await startOrthanc({
      basic: { username: "relay", password: "secret" },
      config: { MaximumStorageSize: 1, MaximumStorageMode: "Reject" },
    });
    try {
      const at = (password: string) =>
        destination({
          id: "o",
          kind: "orthanc",
          url: server.url,
          auth: { type: "basic", username: "relay", password },
        });
      const [first] = madeSeries(folder.path, 1);
      if (first === undefined) throw new Error("nothing made");
      expect((await store(at("secret"), [first])).of(first)?.answer).toBe("Success");
      expect(codeOf((await store(at("wrong"), [first])).error)).toBe("destination_auth_failed false");
      expect((await at("wrong").check(never))[0]).toMatchObject({ ok: false });
      expect((await at("secret").check(never))[0]).toMatchObject({ ok: true });
      const large = madeInstance(folder.path, { pixels: 2_000_000 });
      const told = await store(at("secret"), [large]);
      // This Orthanc recycles or answers 507, by its version; it never ends as a refusal.
      expect(told.outcomes.some(({ result }) => result === "refused")).toBe(false);
    } finally {
      await server.stop();
    }
  });

  test("a real Orthanc that lists five images at most: all twelve are confirmed, a missing one is not", async () => {
    const server = await startOrthanc({ config: { LimitFindInstances: 5 } });
    try {
      const to = destination({ id: "o", kind: "orthanc", url: server.url });
      const instances = madeSeries(folder.path, 13);
      const [missing, ...sent] = instances;
      expect((await store(to, sent)).outcomes.map(({ result }) => result)).toEqual(Array(12).fill("stored"));
      const held = await to.find(instances, never);
      expect([...(held?.keys() ?? [])].sort()).toEqual(sent.map((one) => one.sopInstanceUID).sort());
      const told = await store(to, instances);
      expect(told.sending).toEqual(missing ? [missing.sopInstanceUID] : []);
      const [host, port] = ["127.0.0.1", server.dicomPort];
      for (const other of [
        destination({ id: "s", kind: "stow-rs", url: server.dicomWebUrl }),
        destination({ id: "c", kind: "c-store", host, port, called_ae_title: server.aeTitle }),
      ]) {
        const fresh = madeSeries(folder.path, 13);
        const [absent, ...there] = fresh;
        expect((await store(other, there)).outcomes.map(({ result }) => result)).toEqual(Array(12).fill("stored"));
        const shown = await other.find(fresh, never);
        expect([...(shown?.keys() ?? [])].sort()).toEqual(there.map((one) => one.sopInstanceUID).sort());
        expect(shown?.has(absent?.sopInstanceUID ?? "")).toBe(false);
      }
    } finally {
      await server.stop();
    }
  });
}
