import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CannotDecompress, Decompressor } from "../../src/destinations/decompressor.ts";
import type { OutgoingInstance } from "../../src/destinations/destination.ts";
import { startStoreScp, storescpProgram } from "../support/dcmtk.ts";
import { outgoing } from "../support/dicom-file.ts";
import { madeInstance } from "../support/made-instance.ts";
import { sharedData } from "../support/shared-data.ts";
import { scpFakes } from "./fakes.ts";
import { destination, store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(60_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const fakeScp = scpFakes();
const EXPLICIT_LE = "1.2.840.10008.1.2.1";

/** Says of the pixels of a native instance that they are compressed; what a peer does not open, it does not notice. */
const compressed = (transferSyntax: string) => madeInstance(folder.path, { transferSyntax });

test("without decompress the compressed form alone is proposed, and the refusal names the key that would help", async () => {
  const { fake, at } = await fakeScp({ contextResult: (_, syntax) => (syntax === EXPLICIT_LE ? 0 : 4) });
  const instance = compressed("1.2.840.10008.1.2.4.70");
  const outcome = (await store(at(), [instance])).of(instance);
  expect(outcome).toMatchObject({ result: "refused", answer: "presentation context 4" });
  expect(outcome?.error?.code).toBe("transfer_syntax_refused");
  expect(outcome?.error?.message).toContain("JPEG Lossless");
  expect(outcome?.error?.message).toContain("decompress = true");
  expect(fake.associations).toEqual([1]);
});

test("with decompress the form it came in goes first, where the peer takes it", async () => {
  const { fake, at } = await fakeScp();
  const instance = compressed("1.2.840.10008.1.2.4.70");
  const outcome = (await store(at({ decompress: true }), [instance])).of(instance);
  expect(outcome?.answer).toBe("0000");
  expect(fake.associations).toEqual([2]);
  expect(fake.received).toEqual([{ uid: instance.sopInstanceUID, length: instance.fileSize - instance.dataSetOffset }]);
});

test("what nobody can open is refused at once, and two contexts an instance count against the 128", async () => {
  const { fake, at } = await fakeScp({ contextResult: (_, syntax) => (syntax === EXPLICIT_LE ? 0 : 4) });
  const video = compressed("1.2.840.10008.1.2.4.102");
  const many = Array.from({ length: 65 }, (_, index) =>
    madeInstance(folder.path, { sopClass: `2.25.8.${index + 1}`, transferSyntax: "1.2.840.10008.1.2.4.90" }),
  );
  const told = await store(at({ decompress: true, associations: 1 }), [video, ...many]);
  expect(told.error).toBeNull();
  expect(told.of(video)?.error?.message).not.toContain("decompress = true");
  // The pixels of all are native in truth: told, for good, and nothing of them went out.
  expect(told.outcomes.map(({ result }) => result)).toEqual(Array(66).fill("refused"));
  expect(told.of(many[0] as OutgoingInstance)?.error?.message).toContain("its pixel data is not compressed");
  expect(fake.associations).toEqual([127, 4]);
  expect(fake.received).toEqual([]);
});

test("a frame that takes for ever is given up, and a process that is ended keeps nobody waiting", async () => {
  const instance = compressed("1.2.840.10008.1.2.4.90");
  const hasty = new Decompressor(0);
  await expect(hasty.open(instance)).rejects.toThrow("takes too long");
  const patient = new Decompressor();
  const waiting = patient.open(instance);
  patient.stop();
  await expect(waiting).rejects.toThrow(CannotDecompress);
});

if (storescpProgram !== null && sharedData !== null) {
  const single = (name: string) => outgoing(join(sharedData ?? "", "dicom", "single", `${name}.dcm`));
  const names = ["ct-ts-jpegls-lossless-80", "us-multiframe-30f", "ot-htj2k-lossless-201", "op-photo", "mr-rle"];

  describe("a storescp that takes Explicit VR Little Endian and nothing else", () => {
    test("gets every compression opened, and implicit VR made explicit; a damaged frame is told, and the others go on", async () => {
      const good = [...names, "cr-j2k-lossless", "cr-jpeg-extended", "rtplan"].map(single);
      const damaged = spoilt("xa-multiframe-96f");
      const plain = madeInstance(folder.path);
      const all = [...good.slice(0, 3), damaged, ...good.slice(3), plain];
      const scp = await startStoreScp(
        [],
        all.map(({ sopClassUID }) => sopClassUID),
      );
      try {
        const config = { id: "d", kind: "c-store", host: "127.0.0.1", port: scp.port, called_ae_title: "SCP" } as const;
        const told = await store(destination({ ...config, decompress: true, associations: 2 }), all);
        expect(told.error).toBeNull();
        expect(told.of(damaged)).toMatchObject({ result: "refused", error: { code: "transfer_syntax_refused" } });
        expect(told.of(plain)?.answer).toBe("0000");
        for (const instance of good) {
          const outcome = told.of(instance);
          expect(outcome?.answer).toContain(`(${instance.transferSyntaxUID}) to Explicit VR Little Endian`);
          const [copy] = await scp.files(instance.sopInstanceUID);
          if (copy === undefined) throw new Error("not there");
          expect(outgoingSyntax(copy)).toBe(EXPLICIT_LE);
        }
        expect((await scp.instances()).sort()).toEqual([...good, plain].map((one) => one.sopInstanceUID).sort());
      } finally {
        await scp.stop();
      }
    });
  });

  const outgoingSyntax = (bytes: Uint8Array): string => {
    const path = join(folder.path, `${crypto.randomUUID()}.dcm`);
    writeFileSync(path, bytes);
    return outgoing(path).transferSyntaxUID;
  };

  /** Its 60th frame is no JPEG any more: what is wrong shows when half of it has gone out. */
  function spoilt(name: string): OutgoingInstance {
    const bytes = readFileSync(single(name).path);
    let at = 0;
    for (let frame = 0; frame < 60; frame++) at = bytes.indexOf(Buffer.from([0xff, 0xd8, 0xff, 0xdb]), at + 1);
    bytes[at] = 0;
    const path = join(folder.path, "spoilt.dcm");
    writeFileSync(path, bytes);
    return outgoing(path);
  }
}
