import { createHash } from "node:crypto";
import { sameDataSet } from "./data-set-compare.ts";
import type { InstanceName, OutgoingInstance } from "./destination.ts";
import type { HttpPeer } from "./http-peer.ts";
import { expect200, statusError } from "./http-status.ts";
import { bytesOf, roomForPieces } from "./instance-bytes.ts";
import { heldInOrthanc } from "./orthanc-find.ts";
import { PieceReader } from "./piece-reader.ts";

/** The copies an Orthanc holds: which, whether with our bytes, and away with one. */
export function orthancCopies(peer: HttpPeer) {
  /** By the MD5 of the attachment; where that differs, by the data set, for meta and preamble may rightly differ. */
  async function same(id: string, instance: OutgoingInstance, signal: AbortSignal): Promise<boolean> {
    const md5 = await peer.request({ method: "GET", path: `/instances/${id}/attachments/dicom/md5` }, signal);
    // Not there where StoreMD5ForAttachments is off.
    if (md5.status !== 200) await md5.discard();
    else if ((await md5.text()).trim() === (await md5Of(instance))) return true;
    const file = await expect200(await peer.request({ method: "GET", path: `/instances/${id}/file` }, signal));
    const reader = new PieceReader(file.pieces());
    try {
      return await sameDataSet(reader, instance);
    } finally {
      await reader.close();
    }
  }

  async function remove(id: string, signal: AbortSignal): Promise<void> {
    const answer = await peer.request({ method: "DELETE", path: `/instances/${id}` }, signal);
    await answer.discard();
    // 404: another lane or person was faster.
    if (answer.status !== 200 && answer.status !== 404) throw statusError(answer);
  }

  const held = (instances: readonly InstanceName[], signal: AbortSignal) => heldInOrthanc(peer, instances, signal);
  return { same, remove, held };
}

async function md5Of(instance: OutgoingInstance): Promise<string> {
  const hash = createHash("md5");
  for await (const piece of bytesOf(instance, roomForPieces())) hash.update(piece);
  return hash.digest("hex");
}
