import type { Client, Status } from "./client.ts";

/** An upload of one file, of which only the first chunks have gone. */
export interface HalfSent {
  readonly uploadId: string;
  readonly sentBytes: number;
  /** Sends the rest and waits until it is delivered. */
  rest(): Promise<Status>;
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
    rest: async () => {
      await client.chunk(opened, "a", first, bytes.subarray(sentBytes));
      await client.complete(opened);
      return client.reach(opened.upload_id, new Set(["delivered"]));
    },
  };
}
