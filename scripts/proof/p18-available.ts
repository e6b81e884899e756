import { join } from "node:path";
import { madeStudy } from "../../test/faults/made-study.ts";
import { seeded } from "../../test/faults/random.ts";
import { mountable, onSmallDisk } from "../../test/faults/small-disk.ts";
import { startBox } from "../../test/support/box.ts";
import { freePort, until } from "../../test/support/child.ts";
import { installed } from "./i01-install.ts";
import { startProbes } from "./probes.ts";
import { most, type Outcome, seconds, share, tell } from "./promise.ts";

const seed = 20260415;
export interface Availability {
  readonly kills: number;
  readonly took: readonly number[];
  readonly refused: readonly number[];
  /** Uploads handed in meanwhile; none may be gone afterwards. */
  readonly uploads: number;
  readonly gone: number;
}

/** Probes through kills, a full disk and a PACS that is down, while studies come in. @param pause waited for before each kill */
export async function available(kills: number, pause: (probed: () => number) => Promise<void>): Promise<Availability> {
  const port = await freePort();
  const result = { kills, took: [] as number[], refused: [] as number[], uploads: 0, gone: 0 };
  await onSmallDisk("tmpfs", 256, async (disk) => {
    const box = await startBox(
      `[limits]\nmax_open_uploads_per_user = 10000\nmin_free_disk_bytes = 1048576
[[destination]]\nid = "down"\nkind = "stow-rs"\nurl = "http://127.0.0.1:${port}/dicom-web"`,
      { dataDir: join(disk.path, "data") },
    );
    try {
      const client = await box.client();
      const probes = startProbes(() => box.url);
      const accepted: string[] = [];
      const handIn = async () => {
        const opened = await client.upload(madeStudy(2, 5000).files).catch(() => null);
        const answer = opened && (await client.complete(opened).catch(() => null));
        if (opened && answer?.ok) accepted.push(opened.upload_id);
      };
      for (let kill = 0; kill < kills; kill++) {
        const full = kill % 10 === 5;
        if (full) disk.fill(0);
        const under = handIn();
        await pause(() => probes.took.length);
        await box.kill();
        await box.start();
        if (full) disk.clear();
        await under;
        if ((kill + 1) % 25 === 0) tell(`  P18: ${kill + 1} of ${kills} kills`);
      }
      await until("a last probe", () => probes.took.length > 0);
      await probes.stop();
      result.took.push(...probes.took);
      result.refused.push(...probes.refused);
      result.uploads = accepted.length;
      for (const id of accepted) if (!(await client.request("GET", `/upload/${id}/status`)).ok) result.gone += 1;
    } finally {
      await box.stop();
    }
  });
  return result;
}

export async function run(scale: number): Promise<Outcome> {
  if (mountable.length === 0) throw new Error("no file system can be mounted here");
  const random = seeded(seed);
  const result = await available(share(100, scale), () => Bun.sleep(1500 + random() * 3000));
  const { kills, uploads, gone } = result;
  const upgraded = await installed(share(10, scale));
  const took = [...result.took, ...upgraded.took];
  const refused = [...result.refused, ...upgraded.refused];
  const failed = took.filter((milliseconds) => !Number.isFinite(milliseconds)).length;
  const worst = most(took.filter(Number.isFinite));
  return {
    promise: "P18",
    what: "availability: 1 Hz probe during kills, upgrades by install.sh, disk full, PACS down",
    target: "≤ 0.1 % failed",
    measured: `${failed} of ${took.length} probes without an answer in their second, slowest answer ${seconds(worst)}, ${refused.length} answers other than 200; ${kills} kills, a full disk at every tenth, the PACS down throughout; ${gone} of ${uploads} uploads gone; ${upgraded.upgrades} upgrades in the middle of an upload, to and fro between two builds (slowest answer ${seconds(most(upgraded.took))}), all of which went on`,
    passed: failed <= took.length / 1000 && gone === 0,
  };
}
