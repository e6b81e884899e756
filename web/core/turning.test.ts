import { expect, test } from "bun:test";
import { turnedJpeg } from "./turning.ts";

const text = (value: string) => [...value].map((char) => char.charCodeAt(0));
const segment = (marker: number, body: readonly number[]) => [0xff, marker, 0, body.length + 2, ...body];
const app0 = segment(0xe0, text("JFIF\0"));
const scan = [0xff, 0xdb, 0, 4, 1, 2, 0xff, 0xda, 0, 2, 9, 9, 0xff, 0xd9];
/** EXIF in the other byte order than ours, with a place before the orientation. */
const exif = (orientation: number) =>
  segment(0xe1, [
    ...text("Exif\0\0II"),
    ...[42, 0, 8, 0, 0, 0, 2, 0],
    ...[0x25, 0x88, 4, 0, 1, 0, 0, 0, 77, 77, 77, 77],
    ...[0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0],
    ...[0, 0, 0, 0],
  ]);
const turn = (...parts: readonly number[][]) =>
  turnedJpeg(new Uint8Array([0xff, 0xd8, ...parts.flat()])).flatMap((part) => [...part]);
/** Where our own segment says how it stands. */
const orientation = (jpeg: readonly number[]) => jpeg[2 + 4 + 6 + 8 + 2 + 9];

test("four quarters bring a photo back, mirrored or not", () => {
  for (const start of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const first = turn(exif(start), scan);
    const seen = [orientation(first)];
    let jpeg = first;
    for (let quarter = 0; quarter < 3; quarter++) {
      jpeg = turn(jpeg.slice(2));
      seen.push(orientation(jpeg));
    }
    expect(seen.at(-1)).toBe(start);
    expect(new Set(seen).size).toBe(4);
  }
});

test("upright, a quarter to the right is EXIF 6; what is in the picture stays as it was, where it was taken goes", () => {
  const jpeg = turn(app0, exif(1), scan);
  expect(orientation(jpeg)).toBe(6);
  expect(jpeg.slice(-scan.length)).toEqual(scan);
  expect(jpeg).toEqual(expect.arrayContaining(app0));
  expect(jpeg.join()).not.toContain("77,77,77,77");
  expect(orientation(turn(scan))).toBe(6);
});

test("a note that is cut short does not stop it", () => {
  expect(
    orientation(turn(exif(3).slice(0, 2), [0, 20, ...text("Exif\0\0II"), 42, 0, 8, 0, 0, 0, 2, 0, 1, 1], scan)),
  ).toBe(6);
});
