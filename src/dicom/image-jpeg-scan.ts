import { setImmediate } from "node:timers/promises";
import { corruptImage } from "./image-file.ts";
import { type JpegFrame, markers } from "./image-jpeg-header.ts";
import type { JpegStream } from "./image-jpeg-stream.ts";

/** For each 16 bits that may come: the length of the code they start with × 256 + its symbol; 0 where they start none. */
type CodeTable = Uint16Array;

interface ScanComponent {
  readonly blocksWide: number;
  readonly blocksHigh: number;
  /** Blocks of one MCU, in a scan of several components. */
  readonly blocks: number;
  readonly dc: CodeTable;
  readonly ac: CodeTable;
}

/** So many blocks are looked at before others get their turn: some 5 ms. */
const blocksAtOnce = 20_000;
/** Writers may fill up a scan's end; more is data that belongs to lost blocks. */
const mostLeftOver = 16;

/**
 * Reads every code of a sequential Huffman JPEG (ISO/IEC 10918-1 F.2) without making pixels of it: each block must be there
 * and whole. Decoders paint what is missing grey and say nothing.
 * @throws RelayError image_corrupt
 */
export async function checkScans({ segments, frame }: JpegStream): Promise<void> {
  const tables = new Map<number, CodeTable>();
  const quantisation = new Set<number>();
  const seen = new Set<number>();
  let restartInterval = 0;
  for (const { marker, contents, scan } of segments) {
    if (marker === markers.dht) readCodeTables(contents, tables);
    else if (marker === markers.dqt) readQuantisation(contents, quantisation);
    else if (marker === markers.dri && contents.length === 2) restartInterval = contents.readUInt16BE(0);
    else if (marker === markers.sos) {
      const ids = scanIds(contents);
      for (const { id } of ids) seen.add(id);
      await checkScan(scanComponents(ids, frame, tables), frame, restartInterval, scan);
    }
  }
  if (frame.components.some(({ id }) => !seen.has(id))) throw corruptImage("a colour is missing");
  if (frame.components.some(({ table }) => !quantisation.has(table))) throw corruptImage("a table is missing");
}

/** B.2.4.2. A code longer than its place, or more codes than fit, is broken. */
function readCodeTables(contents: Buffer, tables: Map<number, CodeTable>): void {
  let at = 0;
  while (at < contents.length) {
    const symbols = at + 17;
    if (symbols > contents.length) throw corruptImage("a table is broken");
    const table = new Uint16Array(65_536);
    let code = 0;
    let symbol = symbols;
    for (let length = 1; length <= 16; length++) {
      for (let count = contents.readUInt8(at + length); count > 0; count--) {
        const width = 1 << (16 - length);
        if (symbol >= contents.length || code + width > 65_536) throw corruptImage("a table is broken");
        table.fill((length << 8) | contents.readUInt8(symbol), code, code + width);
        code += width;
        symbol += 1;
      }
    }
    tables.set(contents.readUInt8(at), table);
    at = symbol;
  }
}

/** B.2.4.1: 64 entries of 8 or 16 bits. */
function readQuantisation(contents: Buffer, known: Set<number>): void {
  for (let at = 0; at < contents.length; ) {
    const head = contents.readUInt8(at);
    at += 1 + (head >> 4 === 0 ? 64 : 128);
    if (at > contents.length) throw corruptImage("a table is broken");
    known.add(head & 15);
  }
}

/** B.2.3: the scan's components and the tables they use. */
function scanIds(contents: Buffer): { readonly id: number; readonly dc: number; readonly ac: number }[] {
  const count = contents[0] ?? 0;
  if (count < 1 || count > 4 || contents.length !== 4 + 2 * count) throw corruptImage("a scan header is broken");
  return Array.from({ length: count }, (_, index) => {
    const pair = contents.readUInt8(2 + 2 * index);
    return { id: contents.readUInt8(1 + 2 * index), dc: pair >> 4, ac: 0x10 | (pair & 15) };
  });
}

function scanComponents(
  ids: ReturnType<typeof scanIds>,
  frame: JpegFrame,
  tables: ReadonlyMap<number, CodeTable>,
): ScanComponent[] {
  const widest = Math.max(...frame.components.map(({ h }) => h));
  const highest = Math.max(...frame.components.map(({ v }) => v));
  return ids.map(({ id, dc, ac }) => {
    const component = frame.components.find((one) => one.id === id);
    const [dcTable, acTable] = [tables.get(dc), tables.get(ac)];
    if (!component || !dcTable || !acTable) throw corruptImage("a table or a colour is missing");
    const { h, v } = component;
    return {
      // A.1.1 and A.2.2: a component alone in its scan has no blocks beyond its edge.
      blocksWide: Math.ceil(Math.ceil((frame.width * h) / widest) / 8),
      blocksHigh: Math.ceil(Math.ceil((frame.height * v) / highest) / 8),
      blocks: h * v,
      dc: dcTable,
      ac: acTable,
    };
  });
}

async function checkScan(
  parts: readonly ScanComponent[],
  frame: JpegFrame,
  interval: number,
  scan: Buffer,
): Promise<void> {
  const [alone] = parts;
  const single = parts.length === 1 && alone !== undefined ? alone : null;
  const widest = Math.max(...frame.components.map(({ h }) => h));
  const highest = Math.max(...frame.components.map(({ v }) => v));
  const units = single
    ? single.blocksWide * single.blocksHigh
    : Math.ceil(frame.width / (8 * widest)) * Math.ceil(frame.height / (8 * highest));
  const blocks = single ? [single] : parts.flatMap((part) => Array<ScanComponent>(part.blocks).fill(part));
  const unitsAtOnce = Math.max(1, Math.floor(blocksAtOnce / blocks.length));
  const codes = new CodeReader(scan);
  for (let unit = 0; unit < units; unit++) {
    if (interval > 0 && unit > 0 && unit % interval === 0) codes.restart();
    if (unit % unitsAtOnce === 0) await setImmediate();
    for (const { dc, ac } of blocks) codes.block(dc, ac);
  }
  codes.end();
}

/** Entropy-coded data, bit by bit. A stuffed zero behind FF is no data (F.1.2.3). */
class CodeReader {
  private at = 0;
  private bits = 0;
  private count = 0;
  /** Bits that were made up behind the data's end. */
  private missing = 0;
  private restarts = 0;

  constructor(private readonly data: Buffer) {}

  /** F.2.2: one DC code and the AC codes up to the block's end. */
  block(dc: CodeTable, ac: CodeTable): void {
    const size = this.symbol(dc);
    if (size > 15) throw corruptImage("its data makes no sense");
    this.skip(size);
    for (let k = 1; k < 64; k++) {
      const code = this.symbol(ac);
      const [run, length] = [code >> 4, code & 15];
      if (length === 0 && run === 0) break;
      k += run;
      if (k > 63 || (length === 0 && run !== 15)) throw corruptImage("its data makes no sense");
      this.skip(length);
    }
    if (this.missing > this.count) throw corruptImage("a part of its data is missing");
  }

  /** E.2.4: the interval's data ends here, and the next restart marker, counted modulo 8, stands behind it. */
  restart(): void {
    this.end(false);
    const marker = this.data[this.at + 1];
    if (this.data[this.at] !== 0xff || marker !== 0xd0 + (this.restarts & 7))
      throw corruptImage("a part of its data is missing");
    this.restarts += 1;
    this.at += 2;
  }

  /** Nothing but padding may be left; what `last` ends is the scan. */
  end(last = true): void {
    const from = this.at;
    while (this.at < this.data.length && !this.atMarker()) this.at += 1;
    if (this.at - from > mostLeftOver) throw corruptImage("a part of its data is missing");
    if (last && this.at < this.data.length) throw corruptImage("it holds more data than pixels");
    this.bits = 0;
    this.count = 0;
    this.missing = 0;
  }

  private atMarker(): boolean {
    const next = this.data[this.at + 1] ?? 0;
    return this.data[this.at] === 0xff && next >= 0xd0 && next <= 0xd7;
  }

  private symbol(table: CodeTable): number {
    if (this.count < 16) this.fill();
    const entry = table[(this.bits >>> (this.count - 16)) & 0xffff] ?? 0;
    if (entry === 0) throw corruptImage("its data makes no sense");
    this.count -= entry >> 8;
    return entry & 0xff;
  }

  private skip(length: number): void {
    if (this.count < length) this.fill();
    this.count -= length;
  }

  /** Up to 24 bits in hand; zeros stand in for what is not there. */
  private fill(): void {
    while (this.count <= 16) {
      const byte = this.data[this.at];
      if (byte === undefined || (byte === 0xff && this.data[this.at + 1] !== 0)) {
        this.bits <<= 8;
        this.missing += 8;
      } else {
        this.bits = (this.bits << 8) | byte;
        this.at += byte === 0xff ? 2 : 1;
      }
      this.count += 8;
    }
  }
}
