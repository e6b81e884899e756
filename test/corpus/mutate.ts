import type { Pick } from "./corpus.ts";

const edges8 = [0, 1, 0x20, 0x7f, 0x80, 0xfe, 0xff];
const edges16 = [0, 1, 2, 0x7fff, 0x8000, 0xfffe, 0xffff];
const edges32 = [0, 1, 7, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

type Change = (bytes: Buffer, place: () => number, pick: Pick) => Buffer;
/** A change in place. */
const edit =
  (change: (...args: Parameters<Change>) => unknown): Change =>
  (bytes, place, pick) => {
    change(bytes, place, pick);
    return bytes;
  };

const changes: readonly Change[] = [
  edit((bytes, place, pick) => bytes.writeUInt8(pick.below(256), place())),
  edit((bytes, place, pick) => {
    const at = place();
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << pick.below(8)), at);
  }),
  edit((bytes, place, pick) => bytes.fill(pick.of(edges8), place(), place())),
  edit((bytes, place, pick) => bytes.writeUInt16LE(pick.of(edges16), Math.min(place(), bytes.length - 2))),
  edit((bytes, place, pick) => bytes.writeUInt16BE(pick.of(edges16), Math.min(place(), bytes.length - 2))),
  edit((bytes, place, pick) => bytes.writeUInt32LE(pick.of(edges32), Math.min(place(), bytes.length - 4))),
  edit((bytes, place) => bytes.copyWithin(place(), place(), place())),
  (bytes, place) => bytes.subarray(0, Math.max(8, place())),
  // A piece lost, and one said twice.
  (bytes, place, pick) => {
    const at = place();
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + pick.below(64))]);
  },
  (bytes, place, pick) => {
    const at = place();
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - pick.below(64)))]);
  },
];

/** One to four changes of bytes, three quarters of them where `hot` says the fields lie. */
export function mutated(
  source: Uint8Array,
  pick: Pick,
  hot: (length: number) => number = (length) => pick.below(length),
): Buffer {
  let bytes: Buffer = Buffer.from(source);
  for (let left = 1 + pick.below(4); left > 0 && bytes.length > 16; left--) {
    const { length } = bytes;
    const place = (): number => (pick.chance(0.75) ? hot(length) : pick.below(length));
    bytes = Buffer.from(pick.of(changes)(bytes, place, pick));
  }
  return bytes;
}
