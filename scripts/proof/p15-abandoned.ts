import { readdirSync } from "node:fs";
import { join } from "node:path";
import { madeStudy } from "../../test/faults/made-study.ts";
import { startBox } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import type { Client, Opened, SendFile } from "../../test/support/client.ts";
import { type Outcome, share } from "./promise.ts";

/** How far a sender got before it was never heard of again. */
const stages: Record<string, (client: Client, files: readonly SendFile[]) => Promise<Opened>> = {
  "only opened": (client) => client.init({ total_files: 1, total_size_bytes: 5000 }),
  "in the middle": async (client, files) => {
    const bytes = files[0]?.bytes ?? new Uint8Array();
    const opened = await client.init({ total_files: 1, total_size_bytes: bytes.length, chunk_size: 4096 });
    await client.chunk(opened, "f0", 0, bytes.subarray(0, 4096));
    return opened;
  },
  "never completed": (client, files) => client.upload(files),
};

export interface Abandoned {
  readonly uploads: number;
  /** Those that did not expire, or took something after it. */
  readonly wrong: number;
  /** Files and folders left in the spool. */
  readonly left: number;
}

export async function abandoned(count: number): Promise<Abandoned> {
  const box = await startBox(
    `[limits]\nmax_open_uploads_per_user = 1000\n[retention]\nupload_idle_hours = ${1.5 / 3600}`,
  );
  const spool = join(box.dataDir, "spool");
  try {
    const client = await box.client();
    const ways = Object.values(stages);
    const opened = await Promise.all(
      Array.from({ length: count }, (_, n) => ways[n % ways.length]?.(client, madeStudy(1, 20_000).files)),
    );
    let wrong = 0;
    for (const one of opened) {
      if (!one) continue;
      const status = await client.reach(one.upload_id, new Set(["expired"]));
      const chunk = await client.chunk(one, "f0", 0, new Uint8Array(4096));
      const complete = await client.complete(one);
      if (status.error?.code !== "upload_expired" || chunk.status !== 410 || complete.status !== 410) wrong += 1;
      await until("it to say that its files are gone", async () => {
        return (await client.status(one.upload_id)).files_removed_at !== null;
      });
    }
    return { uploads: opened.length, wrong, left: readdirSync(spool).length };
  } finally {
    await box.stop();
  }
}

export async function run(scale: number): Promise<Outcome> {
  const { uploads, wrong, left } = await abandoned(share(60, scale));
  return {
    promise: "P15",
    what: `abandoned uploads are removed (${Object.keys(stages).join(", ")})`,
    target: "0 files; expired, writes 410",
    measured: `${uploads - wrong} of ${uploads} expired and answered 410 to chunk and complete; ${left} files left`,
    passed: wrong === 0 && left === 0,
  };
}
