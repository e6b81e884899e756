import { DestinationError, type InstanceName } from "./destination.ts";
import type { HttpPeer } from "./http-peer.ts";
import { expect200 } from "./http-status.ts";
import { inLanes } from "./lanes.ts";

const PAGE = 5000;
const REQUESTS = 4;

/**
 * Which of these instances of one study an Orthanc holds: its own ids by SOP Instance UID. The bytes are not compared, which would
 * cost a request per instance. In pages, for an answer has some 370 bytes an instance; it ends with nothing new, whatever a page holds.
 * With `LimitFindInstances` no page reaches past that many: where the study is larger than what was seen, each instance is asked for.
 * @throws DestinationError
 */
export async function heldInOrthanc(
  peer: HttpPeer,
  instances: readonly InstanceName[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const [first] = instances;
  if (first === undefined) return found;
  const { studyInstanceUID: StudyInstanceUID } = first;
  const wanted = new Set(instances.map((instance) => instance.sopInstanceUID));
  const seen = new Set<string>();
  for (let before = -1; seen.size > before && found.size < wanted.size; ) {
    before = seen.size;
    for (const { id, sopInstanceUID } of await page(peer, { StudyInstanceUID }, before, signal)) {
      seen.add(id);
      if (wanted.has(sopInstanceUID)) found.set(sopInstanceUID, id);
    }
  }
  const missing = [...wanted].filter((uid) => !found.has(uid));
  if (missing.length === 0 || seen.size === 0 || (await countIn(peer, StudyInstanceUID, signal)) <= seen.size)
    return found;
  await inLanes(missing, REQUESTS, signal, async (SOPInstanceUID, both) => {
    const [copy] = await page(peer, { StudyInstanceUID, SOPInstanceUID }, 0, both);
    if (copy?.sopInstanceUID === SOPInstanceUID) found.set(SOPInstanceUID, copy.id);
  });
  return found;
}

interface HeldCopy {
  readonly id: string;
  readonly sopInstanceUID: string;
}

async function page(
  peer: HttpPeer,
  query: Readonly<Record<string, string>>,
  since: number,
  signal: AbortSignal,
): Promise<HeldCopy[]> {
  const body = { Level: "Instance", Expand: true, CaseSensitive: true, Since: since, Limit: PAGE, Query: query };
  return (await find(peer, body, signal)).map(copyIn).filter((copy) => copy !== null);
}

/** How many instances of a study it holds; it may stand under several patients. */
async function countIn(peer: HttpPeer, StudyInstanceUID: string, signal: AbortSignal): Promise<number> {
  const studies = await find(peer, { Level: "Study", Query: { StudyInstanceUID } }, signal);
  let count = 0;
  for (const id of studies.filter(isOrthancId)) {
    const answer = await peer.request({ method: "GET", path: `/studies/${id}/statistics` }, signal);
    const text = await (await expect200(answer)).text();
    count += Number(/"CountInstances"\s*:\s*(\d{1,9})\b/.exec(text)?.[1] ?? 0);
  }
  return count;
}

async function find(peer: HttpPeer, question: object, signal: AbortSignal): Promise<unknown[]> {
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", path: "/tools/find", headers, body: JSON.stringify(question) } as const;
  return listIn(await (await expect200(await peer.request(request, signal))).text());
}

function listIn(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed;
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
