import type { Client, Opened, Status } from "./client.ts";

/** An upload of one file, of which only the first chunks have gone. */
export interface HalfSent {
  readonly uploadId: string;
  readonly sentBytes: number;
  /** Sends what the box lacks and waits until it is delivered. @param anew who has signed in since, and needs a fresh upload token */
  rest(anew?: Client): Promise<Status>;
}

const chunkSize = 4096;
const first = 2;

/** @param bytes more than two chunks, 8192 */
export async function sendHalf(client: Client, bytes: Uint8Array): Promise<HalfSent> {
  const files = [{ file_id: "a", name: "a.dcm", size_bytes: bytes.length }];
  const opened = await client.init({ total_files: 1, total_size_bytes: bytes.length, chunk_size: chunkSize, files });
  const sentBytes = first * chunkSize;
  await client.chunk(opened, "a", 0, bytes.subarray(0, sentBytes));
  return {
    uploadId: opened.upload_id,
    sentBytes,
    rest: async (anew) => {
      const by = anew ?? client;
      const fresh = await anew?.request("POST", `/upload/${opened.upload_id}/token`);
      const open = { ...opened, ...((await fresh?.json()) as Pick<Opened, "upload_token"> | undefined) };
      const { uploaded_bytes: held } = await by.status(opened.upload_id);
      await by.chunk(open, "a", held / chunkSize, bytes.subarray(held));
      await by.complete(open);
      return by.reach(opened.upload_id, new Set(["delivered"]));
    },
  };
}
