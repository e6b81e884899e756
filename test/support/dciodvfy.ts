import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./child.ts";

const dciodvfy = program("dciodvfy");

/** The errors that dicom3tools' dciodvfy finds in a Part 10 object; none where it is not installed. */
export function dciodvfyErrors(bytes: Uint8Array): string[] {
  if (dciodvfy === null) return [];
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-dciodvfy-"));
  try {
    const path = join(folder, "object.dcm");
    writeFileSync(path, bytes);
    const said = Bun.spawnSync([dciodvfy, path]).stderr.toString();
    return said.split("\n").filter((line) => line.startsWith("Error"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
