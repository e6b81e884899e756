// Builds dist/relaypacs where it is missing or older than what it is made of.
import { lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root, run, tell } from "./setup.mjs";

const sources = [
  "src",
  "web",
  "migrations",
  "package.json",
  "bun.lock",
  "build.ts",
  "scripts/build-web.ts",
  "tsconfig.json",
];
export const executable = join(root, "dist", "relaypacs");

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** When a file or anything in a folder was last changed; a folder's own time tells of removed files. */
function newest(path) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Answers whether there is a fresh executable now. */
export function buildIfStale(bun) {
  if (modified(executable) > Math.max(...sources.map((path) => newest(join(root, path))))) return true;
  tell("Building dist/relaypacs ...");
  return run(bun, ["build.ts"]) === 0;
}
