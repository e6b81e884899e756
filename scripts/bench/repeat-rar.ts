import { readFileSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

/**
 * Nothing free packs a RAR, so one that WinRAR wrote is made long: its first packed member over and over, each under a name of its own.
 * @param sample a RAR 5 of one volume, not solid, with the member `name`
 */
export function repeatRar5(sample: string, name: string, times: number, into: string): void {
  const bytes = readFileSync(sample);
  const main = blockAt(bytes, 8);
  const at = bytes.indexOf(name);
  let first = main;
  while (at >= first.dataAt) first = blockAt(bytes, first.end);
  const nameAt = at - first.start;
  const parts = [bytes.subarray(0, main.end)];
  for (let index = 0; index < times; index++) {
    const block = Buffer.from(bytes.subarray(first.start, first.end));
    block.write(String(index).padStart(name.length, "0"), nameAt);
    block.writeUInt32LE(crc32(block.subarray(4, first.dataAt - first.start)));
    parts.push(block);
  }
  const end = Buffer.from([0, 0, 0, 0, 3, 5, 0, 0]);
  end.writeUInt32LE(crc32(end.subarray(4)));
  writeFileSync(into, Buffer.concat([...parts, end]));
}

/** Where a block begins, its data begins, and the next block begins. */
function blockAt(bytes: Buffer, start: number): { start: number; dataAt: number; end: number } {
  let at = start + 4;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const size = number();
  const dataAt = at + size;
  number();
  const flags = number();
  if (flags & 1) number();
  return { start, dataAt, end: dataAt + (flags & 2 ? number() : 0) };
}
