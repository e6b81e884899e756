/** One line of the table. */
export interface Result {
  readonly name: string;
  /** The figure that the bound speaks of: a ratio, milliseconds, megabytes. */
  readonly figure: number;
  readonly unit: "x" | "ms" | "MB";
  readonly bound: { readonly least: number } | { readonly most: number } | null;
  /** What the figure is made of, in words: both sides of a ratio, counts. */
  readonly of: string;
}

/** A file of this folder: what it measures, and how long a quick run may make it. */
export interface Bench {
  readonly name: string;
  /** @param scale 1: the sizes of the targets; 0.2: a fifth of them, for development */
  run(scale: number): Promise<Result[]>;
}

export const holds = ({ figure, bound }: Result): boolean | null =>
  bound === null ? null : "least" in bound ? figure >= bound.least : figure <= bound.most;

/** @returns the table, a row per result, for people */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { name, figure, unit, bound, of } = result;
    const wanted = bound === null ? "" : "least" in bound ? `>= ${bound.least}` : `<= ${bound.most}`;
    const held = holds(result);
    return [
      name,
      `${figure.toFixed(unit === "x" ? 2 : 1)} ${unit}`,
      wanted,
      held === null ? "" : held ? "ok" : "MISSED",
      of,
    ];
  });
  const all = [["what", "measured", "target", "", "of"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
