import { createHash } from "node:crypto";
import type { Client, Opened, SendFile, Status } from "../support/client.ts";

/** Opens an upload as a device does that knows the hashes of its files. */
export const openHashed = (client: Client, files: readonly SendFile[], init: Record<string, unknown> = {}) =>
  client.init({
    total_files: files.length,
    total_size_bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    files: files.map(({ name, bytes }, index) => ({
      file_id: `f${index}`,
      name,
      size_bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    })),
    ...init,
  });

export const statesOf = (opened: Opened): string[] => opened.files.map(({ state }) => state);

const resting = new Set(["delivered", "partial", "failed", "needs_confirmation", "needs_attention"]);

/** Uploads what the box asks for and nothing else. */
export async function sendAsked(
  client: Client,
  files: readonly SendFile[],
  init: Record<string, unknown> = {},
): Promise<Status> {
  const opened = await openHashed(client, files, init);
  for (const [index, { bytes }] of files.entries())
    if (opened.files[index]?.state === "needed") await client.chunk(opened, `f${index}`, 0, bytes);
  await client.complete(opened);
  return client.reach(opened.upload_id, resting);
}
