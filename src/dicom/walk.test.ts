import { describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { ByteReader, FileReader, windowSize, withFile } from "./byte-reader.ts";
import { walkDataSet } from "./data-set-walk.ts";
import { Malformed } from "./element.ts";
import { InflateReader } from "./inflate-reader.ts";
import { accepted, inspected } from "./inspect-made.ts";
import {
  description,
  element,
  endOfItem,
  endOfSequence,
  head,
  identity,
  implicitElement,
  item,
  openItem,
  undefinedLength,
} from "./made-bytes.ts";
import { wantedTags } from "./tags.ts";

/** A beginning, then the same bytes `times` over, then an end; counts what is asked for instead of holding it. */
class RepeatingReader extends ByteReader {
  readonly size: number;
  pulls = 0;
  private readonly pattern: Buffer;
  constructor(
    private readonly beginning: Buffer,
    private readonly repeated: Buffer,
    times: number,
    private readonly last: Buffer = Buffer.alloc(0),
  ) {
    super(0);
    this.size = beginning.length + repeated.length * times + last.length;
    this.pattern = Buffer.alloc(windowSize + repeated.length, new Uint8Array(repeated));
  }
  protected async pull(): Promise<number> {
    const piece = this.piece(this.base + this.end).subarray(0, this.bytes.length - this.end);
    this.bytes.set(piece, this.end);
    this.pulls++;
    return piece.length;
  }
  async skip(count: number): Promise<boolean> {
    const target = this.position + count;
    this.base = Math.min(target, this.size);
    this.start = 0;
    this.end = 0;
    return target <= this.size;
  }
  /** What is there from a position, up to where the next part begins. */
  private piece(position: number): Buffer {
    const inside = position - this.beginning.length;
    if (inside < 0) return this.beginning.subarray(position);
    const left = this.size - this.last.length - position;
    if (left <= 0) return this.last.subarray(-left);
    const from = inside % this.repeated.length;
    return this.pattern.subarray(from, from + left);
  }
}

class CountingReader extends FileReader {
  read = 0;
  protected override async pull(): Promise<number> {
    const count = await super.pull();
    this.read += count;
    return count;
  }
}

const walk = (reader: ByteReader) =>
  walkDataSet(reader, "explicit-le", wantedTags, () => true).catch((error: unknown) => {
    if (error instanceof Malformed) return error;
    throw error;
  });

const endless = 1e9;
const sequence = element(0x00181012, "SQ", "", undefinedLength);
const tiny = element(0x00181000, "LO");
const emptyItem = implicitElement(0xfffee000);
const brokenInside = Buffer.concat([element(0x00181012, "SQ", "", 16), item(Buffer.from("no value"))]);

describe("a walk reads no further than its bounds", () => {
  const bounded: Readonly<Record<string, { start: Buffer; repeated: Buffer; headers: number }>> = {
    elements: { start: Buffer.concat([identity, sequence, openItem]), repeated: tiny, headers: 10_000_000 },
    items: { start: Buffer.concat([identity, sequence]), repeated: emptyItem, headers: 10_000_000 },
    "broken sequences": {
      start: Buffer.concat([identity, sequence, openItem]),
      repeated: brokenInside,
      headers: 100_001,
    },
    "elements at the top": { start: identity, repeated: tiny, headers: 20_000 },
  };
  for (const [name, { start, repeated, headers }] of Object.entries(bounded))
    test(name, async () => {
      const reader = new RepeatingReader(start, repeated, endless);
      expect(await walk(reader)).toMatchObject({ code: "dicom_corrupt", local: false });
      expect(reader.position).toBeLessThan(start.length + headers * repeated.length + windowSize);
      expect(reader.position).toBeGreaterThan(headers * repeated.length - start.length);
      // It waits for each window, so that all else gets its turn.
      expect(reader.pulls).toBeGreaterThan(reader.position / windowSize);
    });

  const deep = Array.from({ length: 3000 }, () => Buffer.concat([sequence, openItem]));
  const oneWindow: Readonly<Record<string, readonly Uint8Array[]>> = {
    "a length past the end": [element(0x00181000, "UN", "", 0xfffffff0)],
    "a sequence longer than the file": [element(0x00181012, "SQ", "", 0xfffffff0)],
    "sequences nested 3000 deep": deep,
  };
  for (const [name, pieces] of Object.entries(oneWindow))
    test(`${name}: one window, whatever follows`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "relaypacs-walk-"));
      try {
        await writeFile(join(folder, "hostile"), Buffer.concat([identity, ...pieces, Buffer.alloc(1_000_000, tiny)]));
        await withFile(join(folder, "hostile"), async (file) => {
          const reader = new CountingReader(file);
          expect(await walk(reader)).toBeInstanceOf(Malformed);
          expect(reader.read).toBeLessThanOrEqual(windowSize + 8192);
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    });

  test("a deflated data set, inflated", async () => {
    const folder = await mkdtemp(join(tmpdir(), "relaypacs-walk-"));
    try {
      const path = join(folder, "bomb");
      const content = Buffer.concat([identity, sequence, openItem, Buffer.alloc(24_000_000, tiny)]);
      await writeFile(path, deflateRawSync(content));
      const reader = new InflateReader(path, 0);
      const packed = Bun.file(path).size;
      await walk(reader);
      reader.close();
      expect(reader.position).toBeLessThan(Math.max(8 * 1024 * 1024, packed * 200) + 2 * windowSize);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test("identifiers of 8 kB of spaces are looked at once, not once for each space", async () => {
  const spaces = Buffer.concat([Buffer.alloc(8190, " "), Buffer.from("x")]);
  const uids = [0x00080016, 0x00080018, 0x0020000d, 0x0020000e].map((tag) => element(tag, "UI", spaces));
  const texts = [0x00100020, 0x00081030, 0x0008103e, 0x00200010].map((tag) => element(tag, "LO", spaces));
  const pieces = [head(), ...uids.slice(0, 2), ...texts, ...uids.slice(2), description(4, 4)];
  for (let times = 0; times < 50; times++)
    expect(await inspected(...pieces)).toMatchObject({ kind: "refused", code: "uid_invalid" });
});

describe("what is large and sound is read", () => {
  const pixels = element(0x7fe00010, "OB", "", undefinedLength);

  test("three million fragments, by the window", async () => {
    const start = Buffer.concat([identity, description(4, 4), pixels]);
    const reader = new RepeatingReader(start, item(Buffer.from("..")), 3_000_000, endOfSequence);
    expect(await walk(reader)).toMatchObject({ pixels: { fragments: 2_999_999, length: 5_999_998 } });
    expect(reader.pulls).toBeLessThan(reader.size / windowSize + 20);
  });

  test("a slide of 60 000 sparse tiles, each with its place (PS3.3 C.8.12.14)", async () => {
    const places = [0x0048021e, 0x0048021f, 0x0040072a, 0x0040073a, 0x0040074a];
    const nested = (tag: number, ...content: readonly Buffer[]): Buffer =>
      Buffer.concat([element(tag, "SQ", "", undefinedLength), openItem, ...content, endOfItem, endOfSequence]);
    const frame = Buffer.concat([
      openItem,
      nested(0x00209111, element(0x00209157, "UL", Buffer.alloc(8))),
      nested(0x0048021a, ...places.map((tag) => element(tag, "SL", Buffer.alloc(4)))),
      nested(0x00480207, element(0x00480106, "SH", "1")),
      endOfItem,
    ]);
    const start = Buffer.concat([identity, element(0x52009230, "SQ", "", undefinedLength)]);
    expect(await walk(new RepeatingReader(start, frame, 60_000, endOfSequence))).toMatchObject({
      brokenSequence: false,
    });
  });

  test("what stands around 100 000 broken sequences", async () => {
    const start = Buffer.concat([identity, sequence, openItem]);
    const last = Buffer.concat([endOfItem, endOfSequence, description(4, 4)]);
    const walked = await walk(new RepeatingReader(start, brokenInside, 100_000, last));
    expect(walked).toMatchObject({ brokenSequence: true });
    expect(walked instanceof Malformed || walked.values.has(0x00280010)).toBe(true);
  });

  test("little of each large fragment", async () => {
    const folder = await mkdtemp(join(tmpdir(), "relaypacs-walk-"));
    const tile = item(Buffer.alloc(100_000, 1));
    const start = Buffer.concat([identity, description(4, 4), pixels]);
    await writeFile(join(folder, "tiles"), Buffer.concat([start, Buffer.alloc(50 * tile.length, tile), endOfSequence]));
    try {
      await withFile(join(folder, "tiles"), async (file) => {
        const reader = new CountingReader(file);
        expect(await walk(reader)).toMatchObject({ pixels: { fragments: 49 } });
        expect(reader.read).toBeLessThan(60 * 8192);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a header longer than the first piece, each of its values at any place in the window", async () => {
    for (const filling of [8000, 8100, 8150, 8180, 8190, 65_400, 65_500, 65_530]) {
      const filler = element(0x00091010, "UN", Buffer.alloc(filling));
      const found = await accepted(head(), reordered(filler));
      expect(found).toMatchObject({ patientName: "MADE^UP", seriesInstanceUID: "1.2.3.1" });
    }
  });
});

/** The identity with a filler between its groups 8 and 10, so that the window ends somewhere in what follows. */
function reordered(filler: Buffer): Buffer {
  const split = identity.indexOf(Buffer.from([0x10, 0x00, 0x10, 0x00]));
  const end = Buffer.concat([description(4, 4), element(0x7fe00010, "OW", new Uint8Array(32))]);
  return Buffer.concat([identity.subarray(0, split), filler, identity.subarray(split), end]);
}
