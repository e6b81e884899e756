import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The developers' test data lies beside the checkout; a clone without it runs on generated data. */
const root = join(import.meta.dir, "..", "..", "..", "shared", "data");

/** The folder of the test data, or null where it is not there. */
export const sharedData: string | null = existsSync(join(root, "MANIFEST.md")) ? root : null;

/** All files below a folder of the test data, sorted; none where the data is not there. */
export function sharedFiles(under: string): string[] {
  if (sharedData === null) return [];
  const folder = join(sharedData, under);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}
