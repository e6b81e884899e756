import { createHash } from "node:crypto";
import { sameDataSet } from "./data-set-compare.ts";
import { DestinationError, type OutgoingInstance } from "./destination.ts";
import type { HttpAnswer, HttpPeer } from "./http-peer.ts";
import { statusError } from "./http-status.ts";
import { bytesOf } from "./instance-bytes.ts";
import { PieceReader } from "./piece-reader.ts";

const PAGE = 5000;

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

  /**
   * Which of these instances of one study it holds: Orthanc's ids by SOP Instance UID. The bytes are not compared, which would cost
   * a request per instance. In pages, for an answer has some 370 bytes an instance; it ends with nothing new, whatever a page holds.
   */
  async function held(
    instances: readonly OutgoingInstance[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const [first] = instances;
    if (first === undefined) return found;
    const wanted = new Set(instances.map((instance) => instance.sopInstanceUID));
    const seen = new Set<string>();
    for (let before = -1; seen.size > before && found.size < wanted.size; ) {
      before = seen.size;
      for (const { id, sopInstanceUID } of await page(first.studyInstanceUID, before, signal)) {
        seen.add(id);
        if (wanted.has(sopInstanceUID)) found.set(sopInstanceUID, id);
      }
    }
    return found;
  }

  async function page(studyInstanceUID: string, since: number, signal: AbortSignal): Promise<HeldCopy[]> {
    const body = JSON.stringify({
      Level: "Instance",
      Expand: true,
      CaseSensitive: true,
      Since: since,
      Limit: PAGE,
      Query: { StudyInstanceUID: studyInstanceUID },
    });
    const headers = { "content-type": "application/json" };
    const request = { method: "POST", path: "/tools/find", headers, body } as const;
    const answer = await expect200(await peer.request(request, signal));
    return copiesIn(await answer.text());
  }

  return { same, remove, held };
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

interface HeldCopy {
  readonly id: string;
  readonly sopInstanceUID: string;
}

function copiesIn(text: string): HeldCopy[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed.map(copyIn).filter((copy) => copy !== null);
  } catch {
    // falls through
  }
  throw new DestinationError("destination_bad_answer", "The archive does not answer as an Orthanc does.", true);
}

function copyIn(item: unknown): HeldCopy | null {
  if (typeof item !== "object" || item === null || !("ID" in item) || !isOrthancId(item.ID)) return null;
  const tags = "MainDicomTags" in item ? item.MainDicomTags : null;
  const uid = typeof tags === "object" && tags !== null && "SOPInstanceUID" in tags ? tags.SOPInstanceUID : null;
  return typeof uid === "string" ? { id: item.ID, sopInstanceUID: uid } : null;
}

/** Orthanc's identifiers become part of a path: five groups of eight hex digits. */
export const isOrthancId = (id: unknown): id is string => typeof id === "string" && /^[0-9a-f-]{44}$/.test(id);
