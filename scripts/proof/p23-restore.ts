import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as relaypacs } from "../../test/cli/binary.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { type Box, startBox, testPassword } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import { type Client, signIn } from "../../test/support/client.ts";
import { type HalfSent, sendHalf } from "../../test/support/half-sent.ts";
import { type Outcome, share } from "./promise.ts";

const configuration = `[limits]\nmax_open_uploads_per_user = 10000\nrequests_per_minute = 1000000
[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`;

export interface Restores {
  readonly all: number;
  readonly whole: number;
  /** Uploads that the copies knew as delivered. */
  readonly known: number;
  /** Studies delivered while copies were made. */
  readonly underLoad: number;
  /** What was not as it should be, in words. */
  readonly faults: readonly string[];
}

/** Copies of a box that is receiving and forwarding, each restored to a folder of its own, where the box then goes on. */
export async function restores(count: number): Promise<Restores> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-restore-proof-"));
  const box = await startBox(configuration);
  const result = { all: count, whole: 0, known: 0, underLoad: 0, faults: [] as string[] };
  try {
    const client = await box.client();
    const ends: string[] = [];
    let over = false;
    const load = async () => {
      while (!over) ends.push((await client.send(madeStudy(3, 40_000).files)).upload_id);
    };
    const loads = [load(), load()];
    const ended = Promise.allSettled(loads);
    try {
      for (let round = 0; round < count; round++) {
        const before = ends.length;
        await until("the load to go on", () => ends.length > before + 1, 60_000);
        const half = await sendHalf(client, madeStudy(1, 200_000).files[0]?.bytes ?? new Uint8Array());
        const known = [...ends];
        const file = join(folder, `${round}.backup`);
        const made = await relaypacs(["backup", file, "--config", box.configFile]);
        const fault =
          made.code === 0
            ? await restored(file, join(folder, `${round}`), client, known, half).catch((error: Error) => error.message)
            : made.stderr;
        if (fault === undefined) result.whole += 1;
        else result.faults.push(`${round}: ${fault}`);
        result.known += known.length;
        rmSync(file);
      }
    } finally {
      over = true;
      await ended; // before the box they send to stops
    }
    await Promise.all(loads);
    result.underLoad = ends.length;
    return result;
  } finally {
    await box.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Restores a copy and has the box go on; answers what is wrong. */
async function restored(
  file: string,
  folder: string,
  old: Client,
  known: readonly string[],
  half: HalfSent,
): Promise<string | undefined> {
  const dataDir = join(folder, "data");
  const config = `${folder}.toml`;
  writeFileSync(config, `data_dir = "${dataDir}"\n`);
  const back = await relaypacs(["restore", file, "--config", config]);
  if (back.code !== 0) return back.stderr;
  const box = await startBox(configuration, { dataDir });
  try {
    if ((await withToken(box, old.token)).status !== 401) return "a token of before is good";
    const client = await signIn(() => box.url, "radiographer", testPassword);
    for (const id of known)
      if ((await client.status(id)).state !== "delivered") return "a delivered upload is not known as such";
    const open = await client.status(half.uploadId);
    if (open.state !== "receiving" || open.uploaded_bytes !== 0) return "an open upload does not ask for its bytes";
    await half.rest(client);
    if ((await client.send(madeStudy(1).files)).state !== "delivered") return "a new study is not delivered";
    const verified = await relaypacs(["audit", "verify", "--config", box.configFile]);
    return verified.code === 0 ? undefined : "the audit does not hold";
  } finally {
    await box.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const withToken = (box: Box, token: string) =>
  fetch(`${box.url}/uploads`, { headers: { authorization: `Bearer ${token}` } });

export async function run(scale: number): Promise<Outcome> {
  const { all, whole, known, underLoad, faults } = await restores(share(20, scale));
  return {
    promise: "P23",
    what: "a backup restores: made under load, into a new folder, where the box goes on",
    target: "20 of 20",
    measured: `${whole} of ${all} restored and gone on (open uploads sent anew and delivered, ${known} delivered ones known, no earlier token good, audit holds), while ${underLoad} studies were delivered${faults.length > 0 ? `; ${faults[0]}` : ""}`,
    passed: whole === all,
  };
}
