import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import { orthancProgram, startOrthanc } from "../../test/support/orthanc.ts";
import { fourCurl } from "./four-curl.ts";
import type { PreparedRequest } from "./load.ts";
import { inTurn, median, megabytes, ratio, seconds } from "./measure.ts";
import { bun, script, sendLoad, serving } from "./programs.ts";
import { headOf } from "./request-head.ts";
import type { Bench } from "./result.ts";
import { type MadeStudy, makeStudy } from "./study.ts";
import { withFolder } from "./work-folder.ts";

const rounds = 3;
const lanes = 4;

/** Sends the study as a phone would, a file per request, and closes the upload. @returns its id, and when the first byte left (ms since 1970) */
export async function send(
  box: Box,
  study: MadeStudy,
  folder: string,
): Promise<{ uploadId: string; startedAt: number }> {
  const client = await box.client();
  const files = study.paths.map((path, index) => ({
    file_id: `f${index}`,
    name: `IM${index}`,
    size_bytes: Bun.file(path).size,
  }));
  const opened = await client.init({
    total_files: files.length,
    total_size_bytes: study.bytes,
    chunk_size: 1 << 20,
    files,
  });
  const requests = files.map(({ file_id, size_bytes: length }, index): PreparedRequest => {
    const head = headOf(`PUT /upload/${opened.upload_id}/chunk?file_id=${file_id}&chunk_index=0`, {
      Authorization: `Bearer ${opened.upload_token}`,
      "Content-Type": "application/octet-stream",
      "Content-Length": length,
    });
    return { head, file: study.paths[index] ?? "", from: 0, length };
  });
  const { startedAt } = await sendLoad({ port: Number(new URL(box.url).port), lanes: dealt(requests) }, folder);
  const answer = await client.complete(opened);
  if (!answer.ok) throw new Error(`complete: ${answer.status}`);
  return { uploadId: opened.upload_id, startedAt };
}

const dealt = (requests: readonly PreparedRequest[]) =>
  Array.from({ length: lanes }, (_, lane) => requests.filter((_request, index) => index % lanes === lane));

/** What receiving the same files takes at least: a handler that writes, hashes and syncs, and keeps no record. */
async function intoBare(study: MadeStudy, folder: string): Promise<number> {
  const into = mkdtempSync(join(folder, "bare-"));
  const bare = await serving([bun, script("bare-server.ts"), into]);
  try {
    const requests = study.paths.map((file, index): PreparedRequest => {
      const bytes = readFileSync(file);
      const digest = createHash("sha256").update(bytes).digest("base64");
      const headers = { "Content-Length": bytes.length, "Content-Digest": `sha-256=:${digest}:` };
      return { head: headOf(`PUT /?file=${index}&from=0`, headers), file, from: 0, length: bytes.length };
    });
    return (await sendLoad({ port: bare.port, lanes: dealt(requests) }, folder)).seconds;
  } finally {
    await bare.stop();
  }
}

/**
 * From the first chunk to the last instance in Orthanc; its own count is asked, which costs it next to nothing. Nothing is deleted until
 * all rounds are over, by the box neither: ext4 passes over the inodes of files that were deleted in the last minute, one by
 * one, and whoever comes next would pay for it.
 */
async function throughBox(
  study: MadeStudy,
  kind: "orthanc" | "stow-rs",
  folder: string,
  later: (() => Promise<void>)[],
): Promise<number> {
  const orthanc = await startOrthanc({ keptIn: folder });
  const url = kind === "orthanc" ? orthanc.url : orthanc.dicomWebUrl;
  const box = await startBox(`[[destination]]\nid = "d"\nkind = "${kind}"\nurl = "${url}"`, {
    dataDir: join(folder, crypto.randomUUID()),
  });
  const stop = async () => {
    await box.stop();
    await orthanc.stop();
  };
  try {
    await box.client();
    const arrived = async () => {
      const statistics = (await (await fetch(`${orthanc.url}/statistics`)).json()) as { CountInstances: number };
      return statistics.CountInstances === study.paths.length;
    };
    const { uploadId, startedAt } = await send(box, study, folder);
    await until("all of it to arrive", arrived, 300_000);
    const took = (performance.timeOrigin + performance.now() - startedAt) / 1000;
    process.kill(box.pid, "SIGSTOP"); // what it received would go now
    later.push(async () => {
      process.kill(box.pid, "SIGCONT");
      try {
        await (await box.client()).reach(uploadId, new Set(["delivered"]), 60_000);
      } finally {
        await stop();
      }
    });
    return took;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function byCurl(study: MadeStudy, folder: string): Promise<number> {
  const orthanc = await startOrthanc({ keptIn: folder });
  try {
    return await seconds(() => fourCurl(orthanc.url, study.paths, folder));
  } finally {
    await orthanc.stop();
  }
}

export const wholePath: Bench = {
  name: "whole-path",
  run: (scale) =>
    withFolder(async (folder) => {
      if (orthancProgram === null) throw new Error("Orthanc with its DICOMweb plugin is not installed");
      const study = makeStudy(join(folder, "study"), Math.ceil(2000 * scale));
      const later: (() => Promise<void>)[] = [];
      const took = await inTurn(rounds, {
        orthanc: () => throughBox(study, "orthanc", folder, later),
        stow: () => throughBox(study, "stow-rs", folder, later),
        curl: () => byCurl(study, folder),
        bare: () => intoBare(study, folder),
      }).finally(async () => {
        for (const finish of later) await finish();
      });
      const inTurnAtBest = took.bare.map((bare, round) => bare + (took.curl[round] ?? Number.NaN));
      const said = (name: keyof typeof took) => `${median(took[name]).toFixed(1)} s`;
      const size = `${study.paths.length} instances, ${megabytes(study.bytes).toFixed(0)} MB`;
      return [
        {
          name: "whole path into Orthanc, against four curl",
          figure: ratio(took.orthanc, took.curl),
          unit: "x",
          bound: { most: 1.5 },
          of: `ours ${said("orthanc")}, curl ${said("curl")}; ${size}`,
        },
        {
          name: "whole path by STOW-RS, against four curl",
          figure: ratio(took.stow, took.curl),
          unit: "x",
          bound: { most: 1.5 },
          of: `ours ${said("stow")}, curl ${said("curl")}; ${size}`,
        },
        {
          name: "received by the bare handler, then sent by four curl, against four curl",
          figure: ratio(inTurnAtBest, took.curl),
          unit: "x",
          bound: null,
          of: `bare ${said("bare")}, curl ${said("curl")}`,
        },
      ];
    }),
};
