import { Database } from "bun:sqlite";
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as relaypacs, start } from "../../test/cli/binary.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { seeded } from "../../test/faults/random.ts";
import { startBox, testPassword } from "../../test/support/box.ts";
import { signIn } from "../../test/support/client.ts";
import { type HalfSent, sendHalf } from "../../test/support/half-sent.ts";
import { loopDisk } from "../../test/support/loop-disk.ts";
import { schemas, writeOlder } from "./older-schema.ts";
import { type Outcome, tell } from "./promise.ts";

const seed = 20260424;
const configuration = `[limits]\nmin_free_disk_bytes = 1048576\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`;
/** Enough for a migration of the table to write more than SQLite keeps in memory: then it shows in the log before it is over. */
const padding = 40_000;
const someOfIt = 500_000;

export interface Upgrades {
  /** Old states of the tables tried. */
  readonly schemas: number;
  readonly cuts: number;
  /** Cuts after which nothing of the migrations was there, though they had begun. */
  readonly inTheMiddle: number;
  readonly whole: number;
  readonly faults: readonly string[];
}

/**
 * Data folders of older tables under the present box: its first start loses its power on ext4 while it changes them (kill -9 where no
 * disk can be cut off), the second goes on. @param each so many times per state of the tables
 */
export async function upgrades(known: readonly number[], each: number): Promise<Upgrades> {
  const random = seeded(seed);
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-upgrade-proof-"));
  const result = { schemas: known.length, cuts: 0, inTheMiddle: 0, whole: 0, faults: [] as string[] };
  try {
    const before = await presentFolder(join(folder, "present"));
    for (const schema of known)
      for (let round = 0; round < each; round++) {
        const disk = loopDisk("ext4", 512);
        const dataDir = join(disk?.path ?? folder, "data");
        try {
          mkdirSync(dataDir);
          for (const name of ["keys", "spool"])
            cpSync(join(before.dataDir, name), join(dataDir, name), { recursive: true });
          writeOlder(join(before.dataDir, "relaypacs.db"), join(dataDir, "relaypacs.db"), schema, padding);
          Bun.spawnSync(["sync", "-f", dataDir]);
          if (await cutWhileItMigrates(dataDir, random(), (pid) => disk?.cut(pid))) result.inTheMiddle += 1;
          result.cuts += 1;
          const fault = await goesOn(dataDir, before).catch((error: Error) => error.message);
          if (fault === undefined) result.whole += 1;
          else result.faults.push(`after ${schema} migrations: ${fault}`);
        } finally {
          rmSync(dataDir, { recursive: true, force: true });
          disk?.remove();
        }
        if (result.cuts % 10 === 0) tell(`  P24: ${result.cuts} cuts, ${result.whole} whole`);
      }
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Before {
  readonly dataDir: string;
  readonly delivered: string;
  readonly half: HalfSent;
}

/** A folder with an account, a delivered upload and one in the middle. */
async function presentFolder(dataDir: string): Promise<Before> {
  const box = await startBox(configuration, { dataDir });
  try {
    const client = await box.client();
    const { upload_id } = await client.send(madeStudy(3).files);
    const half = await sendHalf(client, madeStudy(1, 200_000).files[0]?.bytes ?? new Uint8Array());
    await box.terminate();
    return { dataDir, delivered: upload_id, half };
  } finally {
    await box.stop();
  }
}

const migrationsIn = (dataDir: string): number => {
  const db = new Database(join(dataDir, "relaypacs.db"));
  try {
    return (db.query("SELECT count(*) AS count FROM __drizzle_migrations").get() as { count: number }).count;
  } finally {
    db.close();
  }
};

/** Starts the box and cuts it off once its log holds some of what it changes; answers whether that was before its end. */
async function cutWhileItMigrates(dataDir: string, moment: number, cut: (pid: number) => void): Promise<boolean> {
  const had = migrationsIn(dataDir);
  const config = `${dataDir}.toml`;
  writeFileSync(config, `listen = "127.0.0.1:0"\ndata_dir = "${dataDir}"\ntls.mode = "off"\n${configuration}\n`);
  const child = start(["serve", "--config", config]);
  const log = () => statSync(join(dataDir, "relaypacs.db-wal"), { throwIfNoEntry: false })?.size ?? 0;
  // The later migrations write little: those are over before their log can be seen growing.
  const begun = performance.now();
  while (child.exitCode === null && log() < someOfIt && performance.now() - begun < 1500) await Bun.sleep(1);
  const wrote = log() >= someOfIt;
  await Bun.sleep(moment * 100);
  cut(child.pid);
  child.kill("SIGKILL");
  await child.exited;
  return wrote && migrationsIn(dataDir) === had;
}

/** The box over that folder: answers what is not as it was. */
async function goesOn(dataDir: string, { delivered, half }: Before): Promise<string | undefined> {
  const box = await startBox(configuration, { dataDir, notSetUp: true });
  try {
    if (migrationsIn(dataDir) !== schemas) return "not all migrations are there";
    const client = await signIn(() => box.url, "radiographer", testPassword);
    if ((await client.status(delivered)).state !== "delivered") return "what was delivered is not known";
    const { state, uploaded_bytes } = await client.status(half.uploadId);
    if (state !== "receiving" || uploaded_bytes !== half.sentBytes)
      return `the open upload is ${state} with ${uploaded_bytes} bytes`;
    await half.rest(client);
    if ((await client.send(madeStudy(1).files)).state !== "delivered") return "a new study is not delivered";
    const verified = await relaypacs(["audit", "verify", "--config", box.configFile]);
    return verified.code === 0 ? undefined : "the audit does not hold";
  } finally {
    await box.stop();
  }
}

export async function run(scale: number): Promise<Outcome> {
  const every = Array.from({ length: schemas - 1 }, (_, index) => index + 1);
  const all = scale >= 0.5 ? every : every.filter((known) => known % 5 === 1);
  const { cuts, inTheMiddle, whole, faults } = await upgrades(all, Math.max(1, Math.round(2 * scale)));
  return {
    promise: "P24",
    what: "old data upgrades: a folder of every earlier state of the tables (there is no earlier release), cut off at its first start",
    target: "100 %",
    measured: `${whole} of ${cuts} upgraded and gone on, from ${all.length} states of the tables; ${inTheMiddle} of the cuts fell into a migration, whose whole transaction was undone (seed ${seed})${faults.length > 0 ? `; ${faults[0]}` : ""}`,
    passed: whole === cuts && inTheMiddle > 0,
  };
}
