import { join } from "node:path";
import { encode } from "fast-png";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { type MadeStudy, madeStudy } from "../../test/faults/made-study.ts";
import { seeded } from "../../test/faults/random.ts";
import { onSmallDisk } from "../../test/faults/small-disk.ts";
import { stubbornUpload } from "../../test/faults/stubborn-upload.ts";
import { startBox } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import type { SendFile, Status } from "../../test/support/client.ts";
import { startOrthanc } from "../../test/support/orthanc.ts";
import { type PacsFault, startFaultyPacs } from "./faulty-pacs.ts";
import { type Outcome, share, tell } from "./promise.ts";

const seed = 20260416;
const lanes = 6;
const troubles: readonly PacsFault[] = [
  { passes: false, ending: 503 },
  { passes: true, ending: 502 },
  { passes: true, ending: "reset" },
  { passes: false, ending: "reset" },
  { passes: true, ending: "silence" },
  { passes: true, ending: 400 },
];

interface Sent {
  readonly files: readonly SendFile[];
  readonly more?: Record<string, unknown>;
  /** Objects made by the box beside the images. */
  readonly made?: number;
}
/** How studies are sent, in turn. */
const ways: readonly ((study: MadeStudy) => Sent)[] = [
  ({ files }) => ({ files }),
  ({ files }) => {
    const members = files.map(({ name, bytes }) => ({ name, data: bytes }));
    return { files: [{ name: "study.zip", bytes: makeZip(members) }] };
  },
  ({ files }) => ({
    files: [
      ...files,
      { name: "photo.png", bytes: encode({ width: 40, height: 30, data: new Uint8Array(3600), channels: 3 }) },
    ],
    more: { study_metadata: { clinical_notes: "Fell from a ladder." } },
    made: 2,
  }),
  ({ files }) => ({ files, more: { study_metadata: { destination_ids: ["dimse"] } } }),
];

export interface Chaos {
  readonly studies: number;
  /** Whole at the archive and called so, without anybody's help. */
  readonly delivered: number;
  readonly parked: number;
  readonly kills: number;
  readonly faults: number;
}

/** Studies as files, as ZIPs, with a photo and notes, by STOW-RS and C-STORE, through kills of the box, faults and an outage of a real Orthanc, and a disk that is full for a while. */
export async function chaos(studies: number): Promise<Chaos> {
  const random = seeded(seed + studies);
  const orthanc = await startOrthanc();
  let down = false;
  const pacs = await startFaultyPacs(orthanc.url, ({ isStore }) => {
    if (down) return { passes: false, ending: "reset" };
    const trouble = random() < (isStore ? 0.25 : 0.05) ? troubles[Math.floor(random() * troubles.length)] : undefined;
    return trouble ?? null;
  });
  const result = { studies, delivered: 0, parked: 0, kills: 0 };
  try {
    await onSmallDisk("tmpfs", 384, async (disk) => {
      const box = await startBox(
        `[limits]\nmax_open_uploads_per_user = 1000\nrequests_per_minute = 1000000\nmin_free_disk_bytes = 1048576
[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"\ntimeout_seconds = 1
[[destination]]\nid = "dimse"\nkind = "c-store"\nhost = "127.0.0.1"\nport = ${orthanc.dicomPort}\ncalled_ae_title = "${orthanc.aeTitle}"`,
        { dataDir: join(disk.path, "data") },
      );
      try {
        const client = await box.client();
        let ended = 0;
        const one = async (n: number) => {
          const study = madeStudy(3, 40_000);
          const { files, more = {}, made = 0 } = (ways[n % ways.length] ?? ways[0])?.(study) ?? { files: study.files };
          let upload: Awaited<ReturnType<typeof stubbornUpload>> | undefined;
          await until(
            "the box to take an upload",
            async () => {
              upload = await stubbornUpload(client, files, random, more).catch(() => undefined);
              return upload !== undefined;
            },
            120_000,
          );
          const status: Status | undefined = await upload?.finish(600_000);
          ended += 1;
          const there = await fetch(`${orthanc.dicomWebUrl}/studies/${study.uid}/instances`);
          const held = there.status === 204 ? [] : ((await there.json()) as { "00080018": { Value: string[] } }[]);
          const uids = new Set(held.map((object) => object["00080018"].Value[0] ?? ""));
          const whole =
            uids.size === 3 + made &&
            held.length === uids.size &&
            [...study.bySop.keys()].every((uid) => uids.has(uid));
          const told = status?.studies[0]?.deliveries[0]?.error;
          if (status?.state === "delivered" && whole) result.delivered += 1;
          else if (status?.state === "needs_attention" && told) result.parked += 1;
          else tell(`  P19: study ${n} is ${status?.state}`);
          if (ended % Math.min(50, Math.ceil(studies / 4)) === 0)
            tell(`  P19: ${ended} of ${studies} studies, ${result.delivered} delivered`);
        };
        let next = 0;
        const lane = async () => {
          while (next < studies) await one(next++);
        };
        // By how many studies have ended: each tenth one the box is killed, at a third the archive goes, at two thirds the disk.
        const trouble = async () => {
          const step = Math.max(2, Math.ceil(studies / 20));
          for (let at = step; at < studies - lanes; at += step) {
            await until(`study ${at} to end`, () => ended >= at, 600_000);
            down = at >= studies / 3 && at < studies / 3 + step;
            if (at >= (2 * studies) / 3 && at < (2 * studies) / 3 + step) {
              await until("the box to meet it", async () => {
                disk.fill(0); // again: what was delivered meanwhile made room
                const body = { total_files: 1, total_size_bytes: 1 };
                return (await client.request("POST", "/upload/init", { body })).status === 507;
              });
              disk.clear();
            }
            await box.kill();
            await box.start();
            result.kills += 1;
            if (down) {
              await until("the box to see the outage", () => box.events("destination.down").length > 0, 60_000);
              down = false;
            }
          }
        };
        await Promise.all([trouble(), ...Array.from({ length: lanes }, lane)]);
      } finally {
        await box.stop();
      }
    });
    return { ...result, faults: pacs.faults };
  } finally {
    await pacs.stop();
    await orthanc.stop();
  }
}

export async function run(scale: number): Promise<Outcome> {
  const { studies, delivered, parked, kills, faults } = await chaos(share(200, scale));
  return {
    promise: "P19",
    what: "delivered without a human under mixed chaos",
    target: "≥ 99 %, the rest parked",
    measured: `${delivered} of ${studies} studies (files, ZIPs, with photo and notes, by STOW-RS and C-STORE) delivered to a real Orthanc, ${parked} parked, ${studies - delivered - parked} neither; ${kills} kills, ${faults} faults of the archive, an outage of it, a full disk`,
    passed: delivered >= 0.99 * studies && delivered + parked === studies,
  };
}
