import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { PduType, pdu } from "../../src/dimse/pdu.ts";
import { until } from "../support/child.ts";
import { dcmqrscpProgram, startQueryScp } from "../support/dcmtk.ts";
import { madeInstance, madeSeries } from "../support/made-instance.ts";
import { codeOf, scpFakes } from "./fakes.ts";
import { destination, store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(30_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const never = new AbortController().signal;

const fakeScp = scpFakes();
const MR = "1.2.840.10008.5.1.4.1.1.4";

describe("presentation contexts", () => {
  test("one per SOP class and the file's own transfer syntax; a refused one is told at once and the others go on", async () => {
    const { fake, at } = await fakeScp({ contextResult: (abstract) => (abstract === MR ? 3 : 0) });
    const [ct, mr, other] = [
      madeInstance(folder.path),
      madeInstance(folder.path, { sopClass: MR }),
      madeInstance(folder.path),
    ];
    const told = await store(at({ associations: 1 }), [ct, mr, other]);
    expect(told.error).toBeNull();
    expect(told.of(mr)).toMatchObject({ result: "refused", answer: "presentation context 3" });
    expect(told.of(mr)?.error?.code).toBe("transfer_syntax_refused");
    expect(fake.received.map(({ uid }) => uid)).toEqual([ct.sopInstanceUID, other.sopInstanceUID]);
    expect(fake.associations).toEqual([2]);
    await until("released", () => fake.endings.length === 1);
    expect(fake.endings).toEqual(["released"]);
  });

  test("more than 128 pairs go over a further association", async () => {
    const { fake, at } = await fakeScp();
    const many = Array.from({ length: 130 }, (_, index) =>
      madeInstance(folder.path, { sopClass: `2.25.7.${index + 1}` }),
    );
    const told = await store(at({ associations: 1 }), many);
    expect(told.outcomes.filter(({ result }) => result === "stored").length).toBe(130);
    expect(fake.associations).toEqual([128, 2]);
  });

  test("several associations in parallel, and fewer where the peer takes no more", async () => {
    const all = await fakeScp();
    await store(all.at(), madeSeries(folder.path, 12));
    expect(all.fake.associations.length).toBe(4);
    const one = await fakeScp({ rejects: [null, [2, 3, 2]] });
    const told = await store(one.at(), madeSeries(folder.path, 12));
    expect(told.error).toBeNull();
    expect(one.fake.received.length).toBe(12);
  });
});

describe("fragments", () => {
  for (const maxLength of [16_384, 4096, 129, 0]) {
    test(`the peer's maximum length of ${maxLength} holds`, async () => {
      const { fake, at } = await fakeScp({ maxLength });
      const instance = madeInstance(folder.path, { pixels: 300_000 });
      expect((await store(at(), [instance])).of(instance)?.answer).toBe("0000");
      expect(fake.received).toEqual([
        { uid: instance.sopInstanceUID, length: instance.fileSize - instance.dataSetOffset },
      ]);
    });
  }

  test("a data set of odd length gets its one byte of padding, and the answer says so", async () => {
    const { fake, at } = await fakeScp();
    const made = madeInstance(folder.path, { pixels: 300_000 });
    const odd = { ...made, dataSetOffset: made.dataSetOffset + 1 };
    expect((await store(at(), [odd])).of(odd)?.answer).toBe("0000, one padding byte added");
    expect(fake.received[0]?.length).toBe(made.fileSize - made.dataSetOffset);
  });
});

describe("statuses", () => {
  for (const [status, result, code] of [
    [0x0000, "stored", undefined],
    [0xb000, "stored", undefined],
    [0xb007, "stored", undefined],
    [0xa700, "retry", "destination_busy"],
    [0xa900, "refused", "instance_refused"],
    [0xc000, "refused", "instance_refused"],
    [0x0122, "refused", "transfer_syntax_refused"],
    [0x0111, "refused", "instance_conflict"],
    [0x0124, "refused", "destination_auth_failed"],
  ] as const) {
    const hex = status.toString(16).toUpperCase().padStart(4, "0");
    test(`${hex}: ${result}`, async () => {
      const { at } = await fakeScp({ status: () => status });
      const [outcome] = (await store(at(), madeSeries(folder.path, 1))).outcomes;
      expect(outcome?.result).toBe(result);
      expect(outcome?.error?.code).toBe(code);
      expect(outcome?.answer).toBe(hex.startsWith("B") ? `${hex} warning` : hex);
    });
  }

  test("0110 and Cxxx are tried once more when the others are through, then refused", async () => {
    const crowded = await fakeScp({ status: (index) => (index < 3 ? 0xc000 : 0) });
    const told = await store(crowded.at(), madeSeries(folder.path, 8));
    expect(told.outcomes.map(({ result }) => result)).toEqual(Array(8).fill("stored"));
    const hiccup = await fakeScp({ status: (index) => (index === 0 ? 0x0110 : 0) });
    expect((await store(hiccup.at(), madeSeries(folder.path, 1))).outcomes[0]?.result).toBe("stored");
    const lasting = await fakeScp({ status: () => 0x0110 });
    expect((await store(lasting.at(), madeSeries(folder.path, 1))).outcomes[0]).toMatchObject({
      result: "refused",
      answer: "0110",
    });
  });

  test("out of resources again and again ends the transport", async () => {
    const { fake, at } = await fakeScp({ status: () => 0xa700 });
    const told = await store(at({ associations: 1 }), madeSeries(folder.path, 20));
    expect(codeOf(told.error)).toBe("destination_busy true");
    expect(fake.received.length).toBe(3);
  });
});

describe("faults", () => {
  for (const [name, rejection, code] of [
    ["called AE title not recognized", [1, 1, 7], "destination_rejected false"],
    ["calling AE title not recognized", [1, 1, 3], "destination_rejected false"],
    ["congestion", [2, 3, 1], "destination_busy true"],
  ] as const) {
    test(`A-ASSOCIATE-RJ, ${name}`, async () => {
      const { at } = await fakeScp({ rejects: [rejection] });
      const told = await store(at(), madeSeries(folder.path, 2));
      expect(codeOf(told.error)).toBe(code);
      expect(told.outcomes).toEqual([]);
      expect((await at().check(never))[0]?.ok).toBe(false);
    });
  }

  for (const how of ["abort", "close"] as const) {
    test(`one image at which the peer falls over (${how}): the others arrive`, async () => {
      const { fake, at } = await fakeScp({ at: (index) => (index === 2 ? how : undefined) });
      const told = await store(at({ associations: 1 }), madeSeries(folder.path, 6));
      expect(told.error).toBeNull();
      expect(told.outcomes.map(({ result }) => result)).toEqual([
        "stored",
        "stored",
        "retry",
        "stored",
        "stored",
        "stored",
      ]);
      expect(fake.received.length).toBe(5);
    });
  }

  test("a peer that always breaks off ends the transport; what was reported stands", async () => {
    const { at } = await fakeScp({ at: (index) => (index >= 2 ? "abort" : undefined) });
    const told = await store(at({ associations: 1 }), madeSeries(folder.path, 9));
    expect(told.outcomes.slice(0, 2).map(({ result }) => result)).toEqual(["stored", "stored"]);
    expect(codeOf(told.error)).toBe("destination_unreachable true");
  });

  test("silence is a time-out: after the association, after an image, and while the peer does not read", async () => {
    const silent = { timeout_seconds: 0.3, associations: 1 };
    for (const behaviour of [
      { greeting: new Uint8Array(0) },
      { at: () => "hang" as const },
      { stallsAfter: 100_000 },
    ]) {
      const { at } = await fakeScp(behaviour);
      const told = await store(at(silent), madeSeries(folder.path, 1, { pixels: 30_000_000 }));
      expect(codeOf(told.error)).toBe("destination_timeout true");
    }
  });

  test("an abort by signal ends the wait at once, and the peer is told", async () => {
    let second = false;
    const { fake, at } = await fakeScp({
      at: (index) => {
        second = index === 1;
        return second ? "hang" : undefined;
      },
    });
    const stopping = new AbortController();
    const reason = new Error("asked to stop");
    const waiting = store(at({ associations: 1 }), madeSeries(folder.path, 3), stopping.signal);
    await until("the second one is there, which is sent after the first one's answer", () => second);
    stopping.abort(reason);
    const told = await waiting;
    expect(told.error).toBe(reason);
    expect(told.outcomes.length).toBe(1);
    await until("the association ended", () => fake.endings.length === 1);
    expect(fake.endings).toEqual(["aborted"]);
  });

  const hugePdu = Buffer.from([PduType.associateAC, 0, 0xff, 0xff, 0xff, 0xff]);
  const item = Buffer.concat([Buffer.alloc(68), Buffer.from([0x21, 0, 0xff, 0xff, 1])]);
  for (const [name, greeting] of [
    ["HTTP instead of DICOM", Buffer.from("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")],
    ["a PDU of 4 GB", hugePdu],
    ["an item longer than its PDU", pdu(PduType.associateAC, item)],
    ["a PDU out of place", pdu(PduType.releaseRP, Buffer.alloc(4))],
  ] as const) {
    test(`${name} as an answer`, async () => {
      const { at } = await fakeScp({ greeting });
      expect(codeOf((await store(at(), madeSeries(folder.path, 1))).error)).toBe("destination_bad_answer true");
    });
  }

  test("garbage in place of a response does not count as one", async () => {
    const fragment = Buffer.from([0, 0, 0, 200, 1, 3, 1, 2]);
    const { at } = await fakeScp({ at: () => pdu(PduType.dataTF, fragment) });
    const told = await store(at(), madeSeries(folder.path, 1));
    expect(told.outcomes[0]).toMatchObject({ result: "retry", error: { code: "destination_bad_answer" } });
  });

  test("an AE title that is none is told before anything is sent", async () => {
    const { fake, at } = await fakeScp();
    const told = await store(at({ called_ae_title: "    " }), madeSeries(folder.path, 1));
    expect(codeOf(told.error)).toBe("destination_rejected false");
    expect(fake.associations).toEqual([]);
  });
});

if (dcmqrscpProgram !== null) {
  test("C-FIND at a real archive: what it holds, of this study; null where it is not offered", async () => {
    const archive = await startQueryScp();
    try {
      const to = destination({
        id: "qr",
        kind: "c-store",
        host: "127.0.0.1",
        port: archive.port,
        called_ae_title: archive.aeTitle,
        associations: 1, // its index loses entries when several associations store at once
      });
      const held = [
        ...madeSeries(folder.path, 3, { study: "2.25.60", series: "2.25.61" }),
        ...madeSeries(folder.path, 2, { study: "2.25.60", series: "2.25.62" }),
      ];
      const missing = madeInstance(folder.path, { study: "2.25.60", series: "2.25.63" });
      expect((await store(to, held)).outcomes.map(({ result }) => result)).toEqual(Array(5).fill("stored"));
      const found = await to.find([...held, missing], never);
      expect([...(found?.keys() ?? [])].sort()).toEqual(held.map(({ sopInstanceUID }) => sopInstanceUID).sort());
    } finally {
      await archive.stop();
    }
    const { at } = await fakeScp({ contextResult: () => 3 });
    expect(await at().find(madeSeries(folder.path, 1), never)).toBeNull();
  });
}
