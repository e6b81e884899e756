import { createHash } from "node:crypto";
import { sameDataSet } from "./data-set-compare.ts";
import { DestinationError, type HeldInstances, type OutgoingInstance } from "./destination.ts";
import type { HttpAnswer, HttpPeer } from "./http-peer.ts";
import { statusError } from "./http-status.ts";
import { bytesOf } from "./instance-bytes.ts";
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

  /** One question per study; the bytes are not compared, which would cost a request per instance. */
  async function find(instances: readonly OutgoingInstance[], signal: AbortSignal): Promise<HeldInstances> {
    const [first] = instances;
    if (first === undefined) return new Map();
    const body = JSON.stringify({
      Level: "Instance",
      Expand: true,
      CaseSensitive: true,
      Query: { StudyInstanceUID: first.studyInstanceUID },
    });
    const headers = { "content-type": "application/json" };
    const request = { method: "POST", path: "/tools/find", headers, body } as const;
    const answer = await expect200(await peer.request(request, signal));
    const held = sopInstanceUidsOf(await answer.text());
    const wanted = instances.filter((instance) => held.has(instance.sopInstanceUID));
    return new Map(wanted.map((instance) => [instance.sopInstanceUID, { same: null }]));
  }

  return { same, remove, find };
}

async function md5Of(instance: OutgoingInstance): Promise<string> {
  const hash = createHash("md5");
  for await (const piece of bytesOf(instance)) hash.update(piece);
  return hash.digest("hex");
}

async function expect200(answer: HttpAnswer): Promise<HttpAnswer> {
  if (answer.status === 200) return answer;
  await answer.discard();
  throw statusError(answer);
}

function sopInstanceUidsOf(text: string): Set<string> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return new Set(parsed.map(sopInstanceUidOf));
  } catch {
    // falls through
  }
  throw new DestinationError("destination_bad_answer", "The archive does not answer as an Orthanc does.", true);
}

function sopInstanceUidOf(item: unknown): string {
  const tags = typeof item === "object" && item !== null && "MainDicomTags" in item ? item.MainDicomTags : null;
  const uid = typeof tags === "object" && tags !== null && "SOPInstanceUID" in tags ? tags.SOPInstanceUID : "";
  return typeof uid === "string" ? uid : "";
}
