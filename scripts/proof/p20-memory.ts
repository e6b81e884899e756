import { bigStudy } from "../../test/size/big-study.ts";
import { startBox } from "../../test/support/box.ts";
import type { Status } from "../../test/support/client.ts";
import { orthancProgram, startOrthanc } from "../../test/support/orthanc.ts";
import { type Outcome, share, tell } from "./promise.ts";

const megabyte = 1_048_576;
const slicesPerGigabyte = 1950;

export interface Memory {
  readonly bytes: number;
  /** The box's peak resident memory, bytes. */
  readonly peak: number;
  readonly delivered: boolean;
}

/** One study of that size, by STOW-RS to a real Orthanc where there is one, else into a folder. */
export async function oneStudy(gigabytes: number): Promise<Memory> {
  const study = bigStudy(Math.round(gigabytes * slicesPerGigabyte));
  const orthanc = orthancProgram === null ? null : await startOrthanc();
  const to = orthanc ? `kind = "stow-rs"\nurl = "${orthanc.dicomWebUrl}"` : 'kind = "folder"\npath = "received"';
  const box = await startBox(`[limits]\nrequests_per_minute = 1000000\n[[destination]]\nid = "d"\n${to}`);
  try {
    const { state } = await (await box.client()).send(study.files, {}, 30 * 60_000);
    const whole = orthanc === null || (await orthanc.instances()).length === study.files.length;
    return { bytes: study.bytes, peak: await box.peakMemory(), delivered: state === "delivered" && whole };
  } finally {
    await box.stop();
    await orthanc?.stop();
    study.remove();
  }
}

/** So many uploads at once, each of a study of its own, into a folder. */
export async function manyUploads(uploads: number, slices: number): Promise<Memory> {
  const studies = Array.from({ length: uploads }, () => bigStudy(slices));
  const box = await startBox(
    '[limits]\nrequests_per_minute = 1000000\n[[destination]]\nid = "d"\nkind = "folder"\npath = "received"',
  );
  try {
    const client = await box.client();
    const ended: Status[] = await Promise.all(studies.map(({ files }) => client.send(files, {}, 30 * 60_000)));
    return {
      bytes: studies.reduce((sum, { bytes }) => sum + bytes, 0),
      peak: await box.peakMemory(),
      delivered: ended.every(({ state }) => state === "delivered"),
    };
  } finally {
    await box.stop();
    for (const study of studies) study.remove();
  }
}

export async function run(scale: number): Promise<Outcome> {
  const uploads = share(20, scale);
  const size = ({ bytes }: Memory) => `${(bytes / megabyte).toFixed(0)} MiB`;
  const peak = (of: Memory) => `peak ${(of.peak / megabyte).toFixed(0)} MiB`;
  const one = await oneStudy(4 * scale);
  tell(`  P20: one study of ${size(one)}: ${peak(one)}`);
  const many = await manyUploads(uploads, 200);
  return {
    promise: "P20",
    what: "memory bounded: a 4 GB study, 20 uploads at once",
    target: "≤ 300 MB one, ≤ 512 MB twenty",
    measured: `one study of ${size(one)}: ${peak(one)}; ${uploads} uploads at once, ${size(many)}: ${peak(many)}`,
    passed: one.delivered && many.delivered && one.peak <= 300 * megabyte && many.peak <= 512 * megabyte,
  };
}
