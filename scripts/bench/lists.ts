import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startBox } from "../../test/support/box.ts";
import { insertStudyRows, type MadeRows, openForRows } from "./many-studies.ts";
import { median, percentile } from "./measure.ts";
import type { Bench } from "./result.ts";
import { withFolder } from "./work-folder.ts";

const studies = 100_000;
const requests = 200;

/** What people ask most, with 100 000 studies on record. */
const questions: readonly { readonly name: string; readonly path: (rows: MadeRows, time: number) => string }[] = [
  { name: "first page", path: () => "/uploads?limit=50" },
  { name: "a page of one state", path: () => "/uploads?limit=50&state=delivered" },
  { name: "a page of a rare state", path: () => "/uploads?limit=50&state=needs_attention" },
  { name: "parked deliveries", path: () => "/admin/deliveries?state=parked" },
  { name: "how the box stands", path: () => "/admin/system" },
  {
    name: "statistics of 90 days",
    path: () => `/admin/statistics?from=${new Date(Date.now() - 90 * 86_400_000).toISOString()}`,
  },
  {
    name: "one status",
    path: ({ uploadIds }, time) => `/upload/${uploadIds[(time * 7919) % uploadIds.length]}/status`,
  },
];

export const lists: Bench = {
  name: "lists",
  run: (scale) =>
    withFolder(async (folder) => {
      const dataDir = join(folder, "data");
      mkdirSync(dataDir);
      const db = openForRows(dataDir);
      const rows = insertStudyRows(db, studies * scale);
      db.close();
      const box = await startBox('[[destination]]\nid = "d"\nkind = "folder"\npath = "received"', { dataDir });
      try {
        const client = await box.client("admin");
        const ask = async (path: string) => {
          const started = performance.now();
          const answer = await client.request("GET", path);
          await answer.text();
          if (!answer.ok) throw new Error(`${answer.status} to ${path}`);
          return performance.now() - started;
        };
        const results = [];
        for (const { name, path } of questions) {
          const took: number[] = [];
          for (let time = 0; time < requests; time++) took.push(await ask(path(rows, time)));
          const of = `p95 of ${requests}, median ${median(took).toFixed(1)} ms, ${rows.uploadIds.length} studies`;
          results.push({
            name: `lists: ${name}`,
            figure: percentile(took, 95),
            unit: "ms",
            bound: { most: 50 },
            of,
          } as const);
        }
        return results;
      } finally {
        await box.stop();
      }
    }),
};
