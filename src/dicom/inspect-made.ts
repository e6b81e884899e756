import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "./inspect.ts";
import type { InspectedInstance, Inspection } from "./inspection.ts";
import { description, element, identity } from "./made-bytes.ts";
import type { InspectOptions } from "./validate.ts";

/** Inspects bytes that a test has made, in a folder of their own that is gone afterwards. The day is 2026-01-01. */
export const inspected = (...pieces: readonly Uint8Array[]): Promise<Inspection> => inspectedWith({}, ...pieces);

/** The same with options. */
export async function inspectedWith(options: InspectOptions, ...pieces: readonly Uint8Array[]): Promise<Inspection> {
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-inspect-"));
  try {
    const path = join(folder, "made.dcm");
    await writeFile(path, Buffer.concat(pieces));
    return await inspect(path, { today: "20260101", ...options });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The same where the bytes are to be accepted. @throws Error where they are not */
export async function accepted(...pieces: readonly Uint8Array[]): Promise<InspectedInstance> {
  const inspection = await inspected(...pieces);
  if (inspection.kind !== "instance") throw new Error(`not accepted: ${JSON.stringify(inspection)}`);
  return inspection;
}

export const warnings = (instance: InspectedInstance): string[] => instance.warnings.map((warning) => warning.code);

/** A whole small image behind {@link head}. */
export const image = Buffer.concat([identity, description(4, 4), element(0x7fe00010, "OW", new Uint8Array(32))]);
