import { expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { madeStudy } from "../../test/faults/made-study.ts";
import { startBox } from "../../test/support/box.ts";
import { dataSetBytes } from "../../test/support/dicom-file.ts";
import { startOrthanc } from "../../test/support/orthanc.ts";
import { type Outcome, share, tell } from "./promise.ts";

const resting = new Set(["needs_attention", "delivered", "partial", "failed"]);
const kinds = ["stow-rs", "orthanc", "c-store", "folder", "one upload"] as const;

export interface Conflicts {
  readonly tried: number;
  /** The first image is where it was, the second one stopped and told. */
  readonly told: number;
}

/** The same SOP Instance UID with other pixels, to every kind of destination and within one upload. */
export async function conflicts(rounds: number): Promise<Conflicts> {
  const orthanc = await startOrthanc();
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-conflict-"));
  const port = orthanc.dicomPort;
  const box = await startBox(`[limits]\nmax_open_uploads_per_user = 1000\nrequests_per_minute = 1000000
[[destination]]\nid = "stow-rs"\nkind = "stow-rs"\nurl = "${orthanc.dicomWebUrl}"
[[destination]]\nid = "orthanc"\nkind = "orthanc"\nurl = "${orthanc.url}"
[[destination]]\nid = "c-store"\nkind = "c-store"\nhost = "127.0.0.1"\nport = ${port}\ncalled_ae_title = "${orthanc.aeTitle}"
[[destination]]\nid = "folder"\nkind = "folder"\npath = "${folder}"`);
  const sum = { tried: 0, told: 0 };
  try {
    const client = await box.client();
    for (let round = 0; round < rounds; round++)
      for (const kind of kinds) {
        const study = madeStudy(1, 2000);
        const [uid = "", bytes = new Uint8Array()] = [...study.bySop][0] ?? [];
        const other = Uint8Array.from(bytes);
        other[other.length - 1] = 0xee;
        const [first, second] = [
          { name: "first.dcm", bytes },
          { name: "second.dcm", bytes: other },
        ];
        const to = { study_metadata: { destination_ids: [kind === "one upload" ? "folder" : kind] } };
        const together = kind === "one upload" ? await client.send([first, second], to) : null;
        if (!together) expect((await client.send([first], to)).state).toBe("delivered");
        const opened = together ? null : await client.upload([second], to);
        if (opened) expect((await client.complete(opened)).status).toBe(200);
        const status = together ?? (await client.reach(opened?.upload_id ?? "", resting));
        const code = together
          ? status.warnings.find(({ file_name }) => file_name === "second.dcm")?.code
          : status.studies[0]?.deliveries[0]?.error?.code;
        const held =
          kind === "folder" || together
            ? [readFileSync(join(folder, study.uid, `${study.uid}.0`, `${uid}.dcm`))]
            : await orthanc.files(uid);
        const kept = held.length === 1 && held.every((copy) => same(copy, bytes));
        const stopped = together ? status.state === "partial" : status.state === "needs_attention";
        sum.tried += 1;
        if (kept && stopped && code === (together ? "sop_conflict" : "instance_conflict")) sum.told += 1;
        else tell(`  P10 ${kind}: ${status.state}, ${code}, ${kept ? "kept" : "the first is gone"}`);
      }
    return sum;
  } finally {
    await box.stop();
    await orthanc.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By data set: over C-STORE the file header is the receiver's. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(dataSetBytes(a)).equals(dataSetBytes(b));

export async function run(scale: number): Promise<Outcome> {
  const { tried, told } = await conflicts(share(10, scale));
  return {
    promise: "P10",
    what: "same SOP Instance UID with other pixels is never dropped silently",
    target: "second one stopped, told",
    measured: `${told} of ${tried} second images stopped and told, the first one kept (${kinds.join(", ")})`,
    passed: told === tried,
  };
}
