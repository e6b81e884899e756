import type { InstanceName } from "./destination.ts";
import { dataSetsOf, type JsonDataSet, numberOf, textOf } from "./dicom-json.ts";
import type { HttpAnswer, HttpPeer } from "./http-peer.ts";
import { namedError, statusError } from "./http-status.ts";
import { inLanes } from "./lanes.ts";
import { readableText } from "./readable-text.ts";

const SOP_INSTANCE_UID = "00080018";
/** Azure answers no more than 200 at once. */
export const PAGE = 200;
const PAGES = 10_000;
const REQUESTS = 4;
/** Number of Study Related Instances. */
const STUDY_INSTANCES = "00201208";

/** Answers that say "no such query here" instead of "no such study" (which is 200 with nothing, or 204). */
const CANNOT_BE_ASKED = new Set([400, 403, 404, 405, 406, 415, 501]);

/**
 * Asks by QIDO-RS (PS3.18 10.6) which of these instances of one study the peer holds; null where it cannot be asked:
 * it says so, or its answer is no data set (a proxy's page) or too long to be read.
 * Servers that ignore paging answer everything at once; others answer shorter pages than asked for: it ends with nothing new.
 * An Orthanc with `LimitFindInstances` gives no page past that many: where the study counts more than were seen, each missing
 * instance is asked for by itself.
 * @throws DestinationError
 */
export async function heldByQido(
  peer: HttpPeer,
  instances: readonly InstanceName[],
  signal: AbortSignal,
): Promise<Set<string> | null> {
  const [first] = instances;
  if (first === undefined) return new Set();
  const wanted = new Set(instances.map((instance) => instance.sopInstanceUID));
  const held = new Set<string>();
  const seen = new Set<string>();
  const study = encodeURIComponent(first.studyInstanceUID);
  for (let page = 0; page < PAGES; page++) {
    const path = `/studies/${study}/instances?includefield=${SOP_INSTANCE_UID}&limit=${PAGE}&offset=${seen.size}`;
    const uids = await sopInstanceUidsOf(await peer.request({ method: "GET", path, headers: accept }, signal));
    if (uids === null) return null;
    const before = seen.size;
    for (const uid of uids) {
      seen.add(uid);
      if (wanted.has(uid)) held.add(uid);
    }
    if (seen.size === before || held.size === wanted.size) break;
  }
  const missing = [...wanted].filter((uid) => !held.has(uid));
  if (missing.length === 0 || seen.size === 0 || (await countIn(peer, study, signal)) <= seen.size) return held;
  await inLanes(missing, REQUESTS, signal, async (uid, both) => {
    const path = `/studies/${study}/instances?includefield=${SOP_INSTANCE_UID}&SOPInstanceUID=${encodeURIComponent(uid)}`;
    const uids = await sopInstanceUidsOf(await peer.request({ method: "GET", path, headers: accept }, both));
    if (uids?.includes(uid)) held.add(uid);
  });
  return held;
}

/** How many instances a study has there; 0 where the server does not say. */
async function countIn(peer: HttpPeer, study: string, signal: AbortSignal): Promise<number> {
  const path = `/studies?StudyInstanceUID=${study}&includefield=${STUDY_INSTANCES}`;
  const sets = await dataSetsIn(await peer.request({ method: "GET", path, headers: accept }, signal));
  return (sets ?? []).reduce((sum, set) => sum + (numberOf(set, STUDY_INSTANCES) ?? 0), 0);
}

const accept = { accept: "application/dicom+json" };

async function sopInstanceUidsOf(answer: HttpAnswer): Promise<string[] | null> {
  const sets = await dataSetsIn(answer);
  return sets === null ? null : sets.map((set) => textOf(set, SOP_INSTANCE_UID)).filter((uid) => uid !== "");
}

/** Null where there is no such query. @throws DestinationError */
async function dataSetsIn(answer: HttpAnswer): Promise<JsonDataSet[] | null> {
  if (answer.status !== 200 && answer.status !== 204) {
    await answer.discard();
    // Busy is no answer, whatever status AWS gives it.
    if (CANNOT_BE_ASKED.has(answer.status) && namedError(answer)?.retryable !== true) return null;
    throw statusError(answer);
  }
  const text = await readableText(answer);
  return text === null ? null : dataSetsOf(text);
}
