import { withoutPadding } from "../core/trim-end.ts";
import { protocolError } from "./errors.ts";

/** A flat data set in Implicit VR Little Endian, as command sets are (PS3.7 6.3.1) and as C-FIND identifiers may be. */
export type ImplicitSet = ReadonlyMap<number, Buffer>;

const UNDEFINED_LENGTH = 0xffffffff;

/** Tag as 0xGGGGEEEE with its value; they must stand in ascending order (PS3.5 7.1). */
export function encodeImplicit(elements: readonly (readonly [tag: number, value: Buffer])[]): Buffer {
  const parts = elements.map(([tag, value]) => {
    const head = Buffer.alloc(8);
    head.writeUInt16LE(tag >>> 16, 0);
    head.writeUInt16LE(tag & 0xffff, 2);
    head.writeUInt32LE(value.length, 4);
    return Buffer.concat([head, value]);
  });
  return Buffer.concat(parts);
}

/** Top-level elements up to the first of undefined length. @throws DimseError where a length runs past the end. */
export function decodeImplicit(bytes: Buffer): ImplicitSet {
  const set = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw protocolError("data set is cut short");
    const tag = ((bytes.readUInt16LE(at) << 16) | bytes.readUInt16LE(at + 2)) >>> 0;
    const length = bytes.readUInt32LE(at + 4);
    if (length === UNDEFINED_LENGTH) break;
    if (at + 8 + length > bytes.length) throw protocolError("data set has an element longer than itself");
    set.set(tag, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return set;
}

const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;

/**
 * The items of a top-level sequence of flat items, of stated and of undefined length (PS3.5 7.5); none where it is absent.
 * @throws DimseError where a length runs past the end
 */
export function sequenceIn(bytes: Buffer, tag: number): ImplicitSet[] {
  const items: ImplicitSet[] = [];
  let inside = false;
  let itemAt = -1;
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw protocolError("data set is cut short");
    const here = ((bytes.readUInt16LE(at) << 16) | bytes.readUInt16LE(at + 2)) >>> 0;
    const length = bytes.readUInt32LE(at + 4);
    const value = at + 8;
    at = value;
    if (here === ITEM && length === UNDEFINED_LENGTH) itemAt = value;
    else if (here === ITEM_END && itemAt >= 0) {
      if (inside) items.push(decodeImplicit(bytes.subarray(itemAt, value - 8)));
      itemAt = -1;
    } else if (here === SEQUENCE_END) inside = false;
    else if (length === UNDEFINED_LENGTH) inside = here === tag;
    else {
      if (value + length > bytes.length) throw protocolError("data set has an element longer than itself");
      const content = bytes.subarray(value, value + length);
      if (here === ITEM && inside) items.push(decodeImplicit(content));
      else if (here === tag) items.push(...statedItems(content));
      at = value + length;
    }
  }
  return items;
}

/** The items in the value of a sequence of stated length: the same as one of undefined length without its end. */
function statedItems(content: Buffer): ImplicitSet[] {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(UNDEFINED_LENGTH, 4);
  return sequenceIn(Buffer.concat([head, content]), 0);
}

/** An element of VR SQ with flat items, all lengths stated. */
export const sequenceValue = (items: readonly (readonly (readonly [tag: number, value: Buffer])[])[]): Buffer =>
  encodeImplicit(items.map((elements) => [ITEM, encodeImplicit(elements)]));

/** VR UI: padded to even length with NUL (PS3.5 9.1). */
export const uidValue = (uid: string): Buffer => Buffer.from(uid.length % 2 === 0 ? uid : `${uid}\0`, "latin1");

/** VR US. */
export function shortValue(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** A UID or code without its padding, "" where it is absent. */
export const textIn = (set: ImplicitSet, tag: number): string =>
  withoutPadding(set.get(tag)?.toString("latin1") ?? "").trim();

/** A US value, null where it is absent or has another length. */
export function shortIn(set: ImplicitSet, tag: number): number | null {
  const value = set.get(tag);
  return value?.length === 2 ? value.readUInt16LE(0) : null;
}
