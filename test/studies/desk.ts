import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow } from "../manifest/lab.ts";
import { type Box, startBox } from "../support/box.ts";
import { atRest, type Client, type SendFile, type Status } from "../support/client.ts";
import { readDicom } from "../support/dicom-file.ts";

/** An object at a destination that is a folder. */
export interface Arrived extends ReturnType<typeof readDicom> {
  readonly bytes: Buffer;
}

/** A box with folders as destinations, and a person who sends and decides. */
export interface Desk {
  readonly box: Box;
  readonly sender: Client;
  /** Uploads, completes, waits until it rests. */
  send(files: readonly SendFile[], init?: Record<string, unknown>): Promise<Status>;
  /** A person's word on a study; answers the upload at its next rest. @throws Error where the box refuses */
  decide(upload: Status, studyInstanceUID: string, what: "confirm" | "reject", body?: unknown): Promise<Status>;
  /** The same as it is answered. */
  ask(upload: Status, studyInstanceUID: string, what: "confirm" | "reject", body?: unknown): Promise<Response>;
  /** What of a study lies at a destination, by SOP Instance UID. */
  arrived(studyInstanceUID: string, destination?: string): Arrived[];
  stop(): Promise<void>;
}

export const folderDestination = (id: string, more = ""): string =>
  `[[destination]]\nid = "${id}"\nkind = "folder"\npath = "${id}"\n${more}\n`;

/** @param toml the destinations, where one folder called `received` is not enough; a folder is called as its destination is */
export async function openDesk(toml = folderDestination("received"), top = ""): Promise<Desk> {
  const box = await startBox(toml, { top });
  const sender = await box.client();
  const ask: Desk["ask"] = ({ upload_id: id }, uid, what, body = what === "confirm" ? {} : { reason: "not ours" }) =>
    sender.request("POST", `/upload/${id}/studies/${uid}/${what}`, { body });
  return {
    box,
    sender,
    send: (files, init) => sender.send(files, init),
    ask,
    decide: async (upload, uid, what, body) => {
      const answer = await ask(upload, uid, what, body);
      if (!answer.ok) throw new Error(await answer.text());
      return sender.reach(upload.upload_id, atRest);
    },
    arrived: (uid, destination = "received") => {
      const folder = join(box.dataDir, destination, uid);
      if (!existsSync(folder)) return [];
      return filesBelow(folder).map((name) => {
        const bytes = readFileSync(join(folder, name));
        return { ...readDicom(bytes), bytes };
      });
    },
    stop: () => box.stop(),
  };
}

export const codesOf = ({ warnings }: Status): string[] => warnings.map(({ code }) => code).sort();

/** PS3.4 B.5: the classes of what is made here. */
export const madeClasses = {
  secondaryCapture: "1.2.840.10008.5.1.4.1.1.7",
  textSR: "1.2.840.10008.5.1.4.1.1.88.11",
  encapsulatedPDF: "1.2.840.10008.5.1.4.1.1.104.1",
} as const;
