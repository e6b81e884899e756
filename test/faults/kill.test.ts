import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import type { Client, SendFile } from "../support/client.ts";
import { dataSetBytes } from "../support/dicom-file.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { type MadeStudy, madeStudy } from "./made-study.ts";
import { seeded, spread } from "./random.ts";
import { type StubbornUpload, stubbornUpload } from "./stubborn-upload.ts";

/** kill -9 at random instants of a study's way; the instants are counts that are watched, never times. */
const seed = 20260401;
const instances = 300;

interface Scene {
  readonly box: Box;
  readonly client: Client;
  readonly orthanc: OrthancServer;
  readonly upload: StubbornUpload;
}
/** An instant: the count that is watched has reached `at`, or the upload is past that stage. */
interface Instant {
  readonly stage: "upload" | "unpack" | "answered" | "forward";
  readonly at: number;
}

const state = async ({ client, upload }: Scene) => (await client.status(upload.uploadId)).state;
const counts: Record<Instant["stage"], (scene: Scene) => Promise<number>> = {
  // What a kill took the answer of is never counted, so that the last of these counts may not be reached.
  upload: async (scene) =>
    (await state(scene)) === "receiving" ? scene.upload.acknowledged.size : Number.POSITIVE_INFINITY,
  unpack: async (scene) =>
    members(scene) + (["receiving", "processing"].includes(await state(scene)) ? 0 : Number.POSITIVE_INFINITY),
  answered: async ({ client, upload }) =>
    (await client.status(upload.uploadId)).studies[0]?.deliveries[0]?.delivered_instances ?? 0,
  // The archive stores before it answers: most of these kills fall between sending and answer.
  forward: async ({ orthanc }) => (await (await fetch(`${orthanc.url}/statistics`)).json()).CountInstances,
};

function members({ box, upload }: Scene): number {
  try {
    return readdirSync(join(box.dataDir, "spool", upload.uploadId, "work"), { recursive: true }).length;
  } catch {
    return 0; // the folder is made anew
  }
}

async function killAt(scene: Scene, instants: readonly Instant[]): Promise<number> {
  let killed = 0;
  for (const { stage, at } of instants) {
    await until(`${stage} ${at}`, async () => (await counts[stage](scene)) >= at, 60_000);
    await scene.box.kill();
    await scene.box.start();
    killed += 1;
  }
  return killed;
}

const dicomWeb = ({ dicomWebUrl }: OrthancServer) =>
  `[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "${dicomWebUrl}"\nbatch_instances = 25`;
const dimse = ({ dicomPort, aeTitle }: OrthancServer) =>
  `[[destination]]\nid = "main"\nkind = "c-store"\nhost = "127.0.0.1"\nport = ${dicomPort}\ncalled_ae_title = "${aeTitle}"`;
const zipped = ({ files }: MadeStudy): SendFile[] => [
  { name: "study.zip", bytes: makeZip(files.map(({ name, bytes }) => ({ name, data: bytes, stored: true }))) },
];

const runs = [
  { name: "300 files by STOW-RS", destination: dicomWeb, files: ({ files }: MadeStudy) => files, kills: [6, 1, 4, 9] },
  { name: "one ZIP by STOW-RS", destination: dicomWeb, files: zipped, kills: [6, 6, 2, 6] },
  { name: "300 files by C-STORE", destination: dimse, files: ({ files }: MadeStudy) => files, kills: [2, 1, 4, 5] },
] as const;

if (orthancProgram !== null)
  for (const [index, { name, destination, files, kills }] of runs.entries())
    test(`kill -9 at random instants, ${name}: every instance arrives once, as it was sent`, async () => {
      const random = seeded(seed + index);
      const study = madeStudy(instances, 50_000);
      const sent = files(study);
      const chunks = sent.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 16_384), 0);
      const [upload, unpack, answered, forward] = kills;
      const instants: Instant[] = [
        ...spread(random, upload, chunks).map((at) => ({ stage: "upload", at }) as const),
        ...spread(random, unpack, instances).map((at) => ({ stage: "unpack", at }) as const),
        ...[
          ...spread(random, answered, instances / 2).map((at) => ({ stage: "answered", at }) as const),
          ...spread(random, forward, instances).map((at) => ({ stage: "forward", at }) as const),
        ].sort((a, b) => a.at - b.at),
      ];
      console.info(`seed ${seed + index}: ${instants.map(({ stage, at }) => `${stage} ${at}`).join(", ")}`);

      const orthanc = await startOrthanc();
      const box = await startBox(destination(orthanc));
      try {
        const client = await box.client();
        const stubborn = await stubbornUpload(client, sent, random);
        const [status, killed] = await Promise.all([
          stubborn.finish(120_000),
          killAt({ box, client, orthanc, upload: stubborn }, instants),
        ]);
        expect(killed).toBe(instants.length);
        expect(stubborn.askedAgain).toEqual([]);
        expect(status).toMatchObject({ state: "delivered", progress_percent: 100, error: null });
        expect(status.studies).toMatchObject([{ study_instance_uid: study.uid, instance_count: instances }]);

        expect((await orthanc.instances()).sort()).toEqual([...study.bySop.keys()].sort());
        const whole = destination === dicomWeb;
        for (const [uid, bytes] of study.bySop) {
          const held = await orthanc.files(uid);
          const same = held.map((copy) =>
            Buffer.from(whole ? copy : dataSetBytes(copy)).equals(whole ? bytes : dataSetBytes(bytes)),
          );
          expect(same).toEqual([true]);
        }
        const receipt = JSON.stringify(await client.receipt(status.pacs_receipt_id ?? ""));
        expect([...study.bySop.keys()].filter((uid) => !receipt.includes(`"${uid}"`))).toEqual([]);
        await until("the files to leave", () => readdirSync(join(box.dataDir, "spool")).length === 0);
      } finally {
        await box.stop();
        await orthanc.stop();
      }
    }, 180_000);
