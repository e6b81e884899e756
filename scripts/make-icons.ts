// Draws the app's icons: `bun scripts/make-icons.ts`. Three bars that grow towards a tick: sent, received, archived.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";

type Point = readonly [number, number];
const surface = [0x0e, 0x11, 0x14] as const;
const mark = [0x7c, 0xc4, 0xff] as const;
/** In hundredths of the edge: the strokes of the mark, and how thick they are. */
const strokes: readonly (readonly Point[])[] = [
  [
    [24, 40],
    [42, 40],
  ],
  [
    [24, 54],
    [36, 54],
  ],
  [
    [34, 68],
    [47, 80],
    [78, 30],
  ],
];
const half = 4.6;

/** Distance of a point from a stretch. */
function away([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}
const distance = (point: Point) =>
  Math.min(...strokes.flatMap((stroke) => stroke.slice(1).map((end, at) => away(point, stroke[at] ?? end, end))));

/** @param scale how much of the edge the mark takes; a maskable icon's outer fifth may be cut off @param corner radius in hundredths */
function draw(size: number, scale: number, corner: number): Uint8Array {
  const data = new Uint8Array(size * size * 4);
  const step = 100 / size;
  const soft = (inside: number) => Math.max(0, Math.min(1, inside / step + 0.5));
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [x, y] = [(column + 0.5) * step, (row + 0.5) * step];
      const [cx, cy] = [Math.max(Math.abs(x - 50) - 50 + corner, 0), Math.max(Math.abs(y - 50) - 50 + corner, 0)];
      const cover = corner === 0 ? 1 : soft(corner - Math.hypot(cx, cy));
      const ink = soft(half - distance([(x - 50) / scale + 50, (y - 50) / scale + 50]));
      const colour = surface.map((value, at) => Math.round(value + ((mark[at] ?? 0) - value) * ink));
      data.set([...colour, Math.round(cover * 255)], (row * size + column) * 4);
    }
  return encode({ width: size, height: size, data, channels: 4, depth: 8 });
}

const line = (stroke: readonly Point[]) => `M${stroke.map(([x, y]) => `${x} ${y}`).join("L")}`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><title>RelayPACS</title><rect width="100" height="100" rx="22" fill="#0e1114"/><path d="${strokes.map(line).join("")}" fill="none" stroke="#7cc4ff" stroke-width="${half * 2}" stroke-linecap="round" stroke-linejoin="round"/></svg>\n`;

const folder = join(import.meta.dir, "../web/icons");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "icon.svg"), svg);
writeFileSync(join(folder, "icon-192.png"), draw(192, 1, 22));
writeFileSync(join(folder, "icon-512.png"), draw(512, 1, 22));
writeFileSync(join(folder, "maskable-512.png"), draw(512, 0.78, 0));
