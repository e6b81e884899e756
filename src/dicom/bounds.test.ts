import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { inspect } from "./inspect.ts";
import { accepted } from "./inspect-made.ts";
import type { Inspection } from "./inspection.ts";
import { description, element, head, identity, item, openItem, pixelHeader, undefinedLength } from "./made-bytes.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relaypacs-inspect-"));
});
afterAll(() => rm(folder, { recursive: true }));

const deflated = "1.2.840.10008.1.2.1.99";
const sequence = (tag: number, length: number): Buffer => element(tag, "SQ", "", length);

describe("T22: bounds", () => {
  const growth = async (work: () => Promise<unknown>): Promise<number> => {
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 1);
    await work();
    clearInterval(watch);
    return Math.max(most, process.memoryUsage().rss) - before;
  };

  test("3 GB of pixels are walked over, not read", async () => {
    const path = join(folder, "sparse");
    const pixels = 32768 * 16384 * 2 * 3;
    const start = Buffer.concat([head(), identity, description(32768, 16384, 3), pixelHeader(pixels)]);
    await writeFile(path, start);
    const file = await open(path, "r+");
    await file.truncate(start.length + pixels);
    await file.close();
    const started = performance.now();
    let inspection: Inspection | undefined;
    const grown = await growth(async () => {
      inspection = await inspect(path);
    });
    expect(inspection).toMatchObject({ kind: "instance", warnings: [] });
    expect(grown).toBeLessThan(32_000_000);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("a small file that inflates to 256 MB is left before it does", async () => {
    const bomb = deflateRawSync(
      Buffer.concat([identity, description(4, 4), pixelHeader(1 << 28), Buffer.alloc(1 << 28)]),
    );
    const path = join(folder, "bomb");
    await writeFile(path, Buffer.concat([head(deflated), bomb]));
    Bun.gc(true);
    const grown = await growth(async () => {
      expect(await inspect(path)).toMatchObject({ kind: "refused", code: "dicom_bomb" });
    });
    expect(grown).toBeLessThan(64_000_000);
  });

  test("an image whose packed pixels are as many as it says is whole, however well they pack", async () => {
    const pixels = 4096 * 4096 * 2;
    const packed = deflateRawSync(
      Buffer.concat([identity, description(4096, 4096), pixelHeader(pixels), Buffer.alloc(pixels)]),
    );
    expect(await accepted(head(deflated), packed)).toMatchObject({ head: null, warnings: [] });
  });

  const inItem = [sequence(0x00081140, undefinedLength), openItem];
  const many = (one: Uint8Array): Buffer => Buffer.alloc(20_000_000 - (20_000_000 % one.length), one);
  const hostile: Readonly<Record<string, () => readonly Uint8Array[]>> = {
    "sequences nested 3000 deep": () =>
      Array.from({ length: 3000 }, () => Buffer.concat([sequence(0x00181012, undefinedLength), openItem])),
    "30 000 elements at the top": () => [Buffer.alloc(240_000, element(0x00181000, "LO"))],
    "20 MB of elements": () => [...inItem, many(element(0x00181000, "LO"))],
    "20 MB of items": () => [sequence(0x00081140, undefinedLength), many(item())],
    "20 MB of broken sequences": () => [
      ...inItem,
      many(Buffer.concat([sequence(0x00181012, 12), item(Buffer.from("none"))])),
    ],
  };
  for (const [name, pieces] of Object.entries(hostile)) {
    test(`${name} end in a refusal, within 64 MB (T22)`, async () => {
      const path = join(folder, "hostile");
      await writeFile(path, Buffer.concat([head(), identity, ...pieces()]));
      const grown = await growth(async () => {
        expect(await inspect(path)).toMatchObject({ kind: "refused", code: "dicom_corrupt" });
      });
      expect(grown).toBeLessThan(64_000_000);
    });
  }

  test("one small file after the other leaves all else its turn", async () => {
    const path = join(folder, "small");
    await writeFile(path, Buffer.concat([head(), identity]));
    let others = false;
    setImmediate(() => {
      others = true;
    });
    for (let files = 0; files < 20_000 && !others; files++) await inspect(path);
    expect(others).toBe(true);
  });

  test("readers beside each other do not share their bytes", async () => {
    const uids = Array.from({ length: 20 }, (_, index) => `1.2.3.${index}`);
    const paths = uids.map((uid) => join(folder, uid));
    for (const [index, path] of paths.entries())
      await writeFile(path, Buffer.concat([head(), identity, element(0x00200010, "SH", uids[index])]));
    for (let round = 0; round < 3; round++) {
      const found = await Promise.all(paths.map((path) => inspect(path)));
      expect(found.map((one) => one.kind === "instance" && one.studyID)).toEqual(uids);
    }
  });

  test("of a value that is said to have 4 GB nothing is kept", async () => {
    const path = join(folder, "huge");
    await writeFile(path, Buffer.concat([head(), identity, element(0x00181000, "UN", "", 0xfffffff0)]));
    const grown = await growth(async () => {
      expect(await inspect(path)).toMatchObject({ kind: "refused", code: "dicom_truncated" });
    });
    expect(grown).toBeLessThan(64_000_000);
  });
});
