import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sharedData } from "./shared-data.ts";

/** The tables of the test data's manifest, by their headings. */
export type ManifestSection =
  | "DICOM: single files"
  | "DICOM: whole studies and file sets"
  | "Invalid and odd DICOM"
  | "Archives"
  | "Images";

/** One file, or one folder, of the test data and what should become of it. */
export interface ManifestRow {
  /** Below the folder of the test data; ends in `/` where it is a folder. */
  readonly path: string;
  /** On this machine. */
  readonly file: string;
  readonly expected: string;
  readonly cells: readonly string[];
}

/**
 * The rows of one table; none where the data is not there.
 * @throws Error at a row that looks different: it would be a gap otherwise
 */
export function manifestRows(section: ManifestSection): ManifestRow[] {
  if (sharedData === null) return [];
  const root = sharedData;
  const text = readFileSync(join(root, "MANIFEST.md"), "utf8");
  const body = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? "";
  const lines = body.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => {
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    const path = /^`(.+)`$/.exec(cells[0] ?? "")?.[1];
    const expected = cells[2];
    if (path === undefined || !expected) throw new Error(`manifest row of another form: ${line.slice(0, 80)}`);
    return { path, file: join(root, path), expected, cells };
  });
}
