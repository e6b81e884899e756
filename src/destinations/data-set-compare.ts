import type { OutgoingInstance } from "./destination.ts";
import { dataSetOf } from "./instance-bytes.ts";
import { part10DataSetOffset } from "./part10-offset.ts";
import type { PieceReader } from "./piece-reader.ts";

const META_LIMIT = 64 * 1024;

/**
 * Whether a Part 10 object that a peer gives back holds, byte for byte, our data set. Preamble and file meta may differ: archives rewrite
 * them. Streams on both sides and stops at the first difference.
 * @param end what must follow the data set: nothing, or a multipart delimiter.
 * @throws UnreadableInstance, and whatever the peer's stream throws.
 */
export async function sameDataSet(theirs: PieceReader, instance: OutgoingInstance, end = ""): Promise<boolean> {
  const offset = part10DataSetOffset(await theirs.peek(META_LIMIT));
  if (offset === null) return false;
  await theirs.skip(offset);
  for await (const ours of dataSetOf(instance)) {
    if (!(await theirs.matches(ours))) return false;
  }
  const rest = await theirs.peek(Math.max(end.length, 1));
  return Buffer.from(rest).toString("latin1") === end;
}
