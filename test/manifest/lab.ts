import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import type { SendFile, Status } from "../support/client.ts";
import { dataSetBytes, readDicom } from "../support/dicom-file.ts";

/** A box whose only destination is a folder that the tests look into. */
export interface Lab {
  readonly box: Box;
  /** Sends as an upload of its own, waits until it rests, and takes what arrived out of the folder. */
  send(files: readonly SendFile[], init?: Record<string, unknown>): Promise<Outcome>;
  stop(): Promise<void>;
}

export interface Outcome {
  readonly status: Status;
  /** Part 10 objects, by their path below the folder. */
  readonly arrived: ReadonlyMap<string, Uint8Array>;
}

/** @param toml configuration beside the folder, such as more destinations with `default = true` */
export async function startLab(toml = ""): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-arrived-"));
  const destination = `[[destination]]\ndefault = true\nid = "folder"\nkind = "folder"\npath = "${folder}"`;
  const box = await startBox(`${toml}\n[limits]\nrequests_per_minute = 1000000\n${destination}`);
  return {
    box,
    send: async (files, init) => {
      const client = await box.client();
      const status = await client.send(files, init);
      const names = filesBelow(folder);
      const arrived = new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
      return { status, arrived };
    },
    stop: async () => {
      await box.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Paths of all files below a folder, relative to it, sorted. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();

/** A folder as a browser sends it: every file under its path from the folder's own name on. */
export const filesOfFolder = (folder: string): SendFile[] =>
  filesBelow(folder).map((name) => ({
    name: join(relative(join(folder, ".."), folder), name),
    bytes: readFileSync(join(folder, name)),
  }));

/** The data set of a file that may lack preamble or File Meta Information. */
export function sourceDataSet(bytes: Uint8Array): Uint8Array {
  if (Buffer.from(bytes.subarray(128, 132)).toString("latin1") !== "DICM") return bytes;
  return bytes[132] === 2 && bytes[133] === 0 ? dataSetBytes(bytes) : bytes.subarray(132);
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What arrived lies where its own UIDs say. */
export function misplaced({ arrived }: Outcome): string[] {
  return [...arrived].flatMap(([path, bytes]) => {
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = readDicom(bytes);
    return path === `${studyInstanceUID}/${seriesInstanceUID}/${sopInstanceUID}.dcm` ? [] : [path];
  });
}
