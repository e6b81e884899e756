import { BlobWriter, Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";

/** A ZIP of made files; every other one deflated. */
export async function zipOf(entries: Iterable<readonly [name: string, bytes: Uint8Array]>): Promise<Uint8Array> {
  const writer = new ZipWriter(new BlobWriter("application/zip"), { useWebWorkers: false });
  let deflated = false;
  for (const [name, bytes] of entries) {
    await writer.add(name, new Uint8ArrayReader(bytes), { level: deflated ? 6 : 0 });
    deflated = !deflated;
  }
  const blob = await writer.close();
  return new Uint8Array(await blob.arrayBuffer());
}
