import { join } from "node:path";
import { madeStudy } from "../../test/faults/made-study.ts";
import { seeded } from "../../test/faults/random.ts";
import { mountable, onSmallDisk } from "../../test/faults/small-disk.ts";
import { type Box, startBox } from "../../test/support/box.ts";
import { freePort, until } from "../../test/support/child.ts";
import { most, type Outcome, seconds, share, tell } from "./promise.ts";

const seed = 20260415;
const second = 1000;

/** One look a second; refused connections are tried again until its second is over, as every client of the box does. */
interface Probes {
  /** How long each took to be answered, milliseconds; Infinity: not within its second. */
  readonly took: number[];
  /** Answers other than 200. */
  readonly refused: number[];
  stop(): Promise<void>;
}

function startProbes(box: Box): Probes {
  const [took, refused, running]: [number[], number[], Promise<void>[]] = [[], [], []];
  const look = async () => {
    const started = performance.now();
    for (;;) {
      const left = started + second - performance.now();
      if (left <= 0) return void took.push(Number.POSITIVE_INFINITY);
      const answer = await fetch(`${box.url}/ready`, { signal: AbortSignal.timeout(Math.ceil(left)) }).catch(
        () => null,
      );
      if (answer?.ok) return void took.push(performance.now() - started);
      if (answer) refused.push(answer.status);
      await Bun.sleep(10);
    }
  };
  const timer = setInterval(() => void running.push(look()), second);
  return {
    took,
    refused,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

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
      const probes = startProbes(box);
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
  const { kills, took, refused, uploads, gone } = result;
  const failed = took.filter((milliseconds) => !Number.isFinite(milliseconds)).length;
  const worst = most(took.filter(Number.isFinite));
  return {
    promise: "P18",
    what: "availability: 1 Hz probe during kills, disk full, PACS down (upgrades: with the first release that has an earlier one)",
    target: "≤ 0.1 % failed",
    measured: `${failed} of ${took.length} probes without an answer in their second, slowest answer ${seconds(worst)}, ${refused.length} answers other than 200; ${kills} kills, a full disk at every tenth, the PACS down throughout; ${gone} of ${uploads} uploads gone. No upgrade was run`,
    passed: failed <= took.length / 1000 && gone === 0,
  };
}
