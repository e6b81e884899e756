import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import type { Client, Opened, SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { oneFile } from "./api.ts";

/** A box with a folder, a scripted archive and an address where nobody answers, and uploads in every state. */
export interface Stage {
  readonly box: Box;
  readonly pacs: FakePacs;
  readonly client: Client;
  /** An instance of a study of its own. */
  instance(): SendFile;
  /** A new upload in this state. */
  enter(state: string): Promise<Opened>;
  /** POST below the upload, with its own token or another. */
  post(opened: Opened, what: string, token?: string): Promise<Response>;
  cancel(opened: Opened, token?: string): Promise<Response>;
  stop(): Promise<void>;
}

/** What init says so that the upload goes to one destination. */
export const to = (destination: string) => ({ study_metadata: { destination_ids: [destination] } });

export async function startStage(): Promise<Stage> {
  const pacs = await startFakePacs();
  const box = await startBox(`[limits]\nmax_open_uploads_per_user = 1000
[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"
[[destination]]\nid = "pacs"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"
[[destination]]\nid = "away"\nkind = "stow-rs"\nurl = "http://127.0.0.1:9/dicom-web"`);
  const client = await box.client("clinician");
  let serial = 0;
  const instance = () => {
    serial += 1;
    return { name: `IM${serial}.dcm`, bytes: madeBytes({ study: `2.25.900.${serial}`, sop: `2.25.900.${serial}.1` }) };
  };
  const post = (opened: Opened, what: string, token = opened.upload_token) =>
    client.request("POST", `/upload/${opened.upload_id}/${what}`, { token });
  const cancel = (opened: Opened, token = client.token) =>
    client.request("DELETE", `/upload/${opened.upload_id}`, { token });

  /** An upload whose one delivery the archive refused for good: it rests in `needs_attention`. */
  async function parked(): Promise<Opened> {
    pacs.script({ fails: () => 0xa900 });
    const opened = await client.upload([instance()], to("pacs"));
    await client.complete(opened);
    await client.reach(opened.upload_id, new Set(["needs_attention"]));
    return opened;
  }
  /** An upload in each state, and what it takes to get there. */
  const inState: Record<string, () => Promise<Opened>> = {
    receiving: () => client.init(oneFile(10)),
    forwarding: async () => {
      const opened = await client.upload([instance()], to("away"));
      await client.complete(opened);
      // Past its first attempt: one that is stopped on its way may have left something behind.
      const tried = async () =>
        (await client.status(opened.upload_id)).studies.some(({ deliveries }) => deliveries.some((one) => one.error));
      await until("an attempt to have failed", tried);
      return opened;
    },
    needs_attention: parked,
    delivered: async () => {
      const opened = await client.upload([instance()], to("folder"));
      await client.complete(opened);
      await client.reach(opened.upload_id, new Set(["delivered"]));
      return opened;
    },
    partial: async () => {
      const cut = { name: "cut.dcm", bytes: instance().bytes.subarray(0, 400) };
      const opened = await client.upload([instance(), cut], to("folder"));
      await client.complete(opened);
      await client.reach(opened.upload_id, new Set(["partial"]));
      return opened;
    },
    failed: async () => {
      const opened = await client.upload([{ name: "a.txt", bytes: Buffer.from("no image") }]);
      await client.complete(opened);
      await client.reach(opened.upload_id, new Set(["failed"]));
      return opened;
    },
    cancelled: async () => {
      const opened = await client.init(oneFile(10));
      await cancel(opened);
      return opened;
    },
  };
  const enter = (state: string): Promise<Opened> => inState[state]?.() ?? Promise.reject(new Error(state));
  const stop = async () => {
    await box.stop();
    await pacs.stop();
  };
  return { box, pacs, client, instance, enter, post, cancel, stop };
}
