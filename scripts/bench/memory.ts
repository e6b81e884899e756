import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../../test/support/box.ts";
import type { Client } from "../../test/support/client.ts";
import { megabytes } from "./measure.ts";
import type { Bench } from "./result.ts";
import { makeStudy } from "./study.ts";
import { withFolder } from "./work-folder.ts";

const uploadsAtOnce = 20;

/** Sends a study of its own from files on disk, one after the other, until it is delivered. */
async function send(client: Client, paths: readonly string[]): Promise<void> {
  const files = paths.map((path, index) => ({
    file_id: `f${index}`,
    name: `IM${index}`,
    size_bytes: Bun.file(path).size,
  }));
  const opened = await client.init({
    total_files: files.length,
    total_size_bytes: files.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
    files,
  });
  for (const [index, path] of paths.entries()) {
    const answer = await client.chunk(opened, `f${index}`, 0, await Bun.file(path).bytes());
    if (!answer.ok) throw new Error(`a chunk was answered with ${answer.status}`);
  }
  await client.complete(opened);
  const state = await lastState(client, opened.upload_id);
  if (state !== "delivered") throw new Error(`an upload became ${state}`);
}

/** Follows the upload to its end as the app does: by its events, not by the whole list of its files over and over. */
async function lastState(client: Client, uploadId: string): Promise<unknown> {
  const answer = await client.request("GET", `/upload/${uploadId}/events`);
  const last = (await answer.text())
    .trimEnd()
    .split("\n")
    .findLast((line) => line.startsWith("data:"));
  return JSON.parse(last?.slice("data:".length) ?? "{}").state;
}

/** Peak resident memory of a box of its own, MB. */
async function peakOf(work: (client: Client, box: Box) => Promise<unknown>): Promise<number> {
  const box = await startBox(
    '[limits]\nrequests_per_minute = 1000000\n[[destination]]\nid = "d"\nkind = "folder"\npath = "received"',
  );
  try {
    await work(await box.client(), box);
    return megabytes(await box.peakMemory());
  } finally {
    await box.stop();
  }
}

export const memory: Bench = {
  name: "memory",
  run: (scale) =>
    withFolder(async (folder) => {
      const one = async (slices: number) => {
        const path = join(folder, "study");
        const { paths } = makeStudy(path, slices);
        const peak = await peakOf((client) => send(client, paths));
        rmSync(path, { recursive: true });
        return peak;
      };
      const small = await one(380);
      const large = await one(Math.ceil(7620 * scale));
      const studies = Array.from({ length: uploadsAtOnce }, (_, index) =>
        makeStudy(join(folder, `study-${index}`), 40),
      );
      const twenty = await peakOf((client) => Promise.all(studies.map(({ paths }) => send(client, paths))));
      return [
        {
          name: "peak memory, 4 GB study",
          figure: large,
          unit: "MB",
          bound: { most: 300 },
          of: `${Math.ceil(7620 * scale)} instances`,
        },
        {
          name: "the same above that of 200 MB",
          figure: large - small,
          unit: "MB",
          bound: { most: 64 },
          of: `${small.toFixed(0)} MB for 380 instances`,
        },
        {
          name: "peak memory, 20 uploads at once",
          figure: twenty,
          unit: "MB",
          bound: { most: 512 },
          of: "40 instances, 21 MB each",
        },
      ];
    }),
};
