import uPlot from "uplot";
import type { Figure, Line } from "./figures.ts";

/** A drawn chart. */
export interface Plot {
  destroy(): void;
}

const height = 208;
const font = "12px system-ui, sans-serif";
/** About what a character of it takes. */
const characterWidth = 7;
const dashes: Readonly<Record<Line["form"], number[] | undefined>> = {
  bars: undefined,
  line: undefined,
  dashes: [8, 5],
  dots: [2, 4],
};
/** Between ticks of seconds. */
const wholeTimes = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];
const steps = [1, 2, 3, 5, 7, 10, 15, 30, 60, 120];

/** Two thirds of the room, 44 px at most. */
const barPath = uPlot.paths.bars?.({ size: [0.66, 44] });
const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const shorten = (text: string, most: number) =>
  text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;

/**
 * Draws a figure; its colours are those of the page, asked for at each drawing.
 * @param pointed told over which label the pointer is; null: over none
 */
export function plot(into: HTMLElement, figure: Figure, pointed: (index: number | null) => void): Plot {
  const { labels, lines, read } = figure;
  const count = labels.length;
  const bars = lines.every(({ form }) => form === "bars");
  const longest = Math.max(...labels.map(({ length }) => length));
  const categories = figure.id === "modalities" || figure.id === "places";
  const width = () => Math.max(240, into.clientWidth);
  const axis = { stroke: () => token("quiet"), font, ticks: { show: false } } as const;

  const chart = new uPlot(
    {
      width: width(),
      height,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !bars } },
      padding: [12, 8, 0, 0],
      scales: {
        x: { time: false, range: () => [-0.5, count - 0.5] },
        y: { range: (_, __, most) => [0, most > 0 ? most * 1.06 : 1] },
      },
      axes: [
        {
          ...axis,
          size: 28,
          grid: { show: false },
          incrs: categories ? [1] : steps,
          space: categories ? 1 : longest * characterWidth + 14,
          values: (u, at) => {
            const most = categories ? Math.floor(u.bbox.width / devicePixelRatio / count / characterWidth) : longest;
            return at.map((index) => shorten(labels[index] ?? "", most));
          },
        },
        {
          ...axis,
          grid: { stroke: () => token("line"), width: 1 },
          size: (_, values) => Math.max(...(values ?? [""]).map((it) => (it ?? "").length)) * characterWidth + 14,
          space: 40,
          ...(figure.id === "time" ? { incrs: wholeTimes } : {}),
          ...(bars ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000] } : {}),
          values: (_, at) => at.map((value) => (value === 0 ? "0" : read(value))),
        },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.name,
          stroke: () => token(line.colour),
          width: line.form === "bars" ? 0 : 2,
          ...(line.form === "bars" && barPath !== undefined ? { fill: () => token(line.colour), paths: barPath } : {}),
          dash: dashes[line.form] ?? [],
          points: { show: line.form !== "bars" && line.form !== "dots", size: 6, fill: () => token(line.colour) },
        })),
      ],
      hooks: { setCursor: [(u) => pointed(u.cursor.idx ?? null)] },
    },
    [labels.map((_, index) => index), ...lines.map(({ values }) => [...values])],
    into,
  );

  const resized = new ResizeObserver(() => {
    if (width() !== chart.width) chart.setSize({ width: width(), height });
  });
  resized.observe(into);
  const redraw = () => chart.redraw();
  const schemes = matchMedia("(prefers-color-scheme: light)");
  schemes.addEventListener("change", redraw);
  const themes = new MutationObserver(redraw);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return {
    destroy: () => {
      resized.disconnect();
      schemes.removeEventListener("change", redraw);
      themes.disconnect();
      chart.destroy();
    },
  };
}
