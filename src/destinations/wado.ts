import { sameDataSet } from "./data-set-compare.ts";
import type { OutgoingInstance } from "./destination.ts";
import type { HttpPeer } from "./http-peer.ts";
import { statusError } from "./http-status.ts";
import { PieceReader } from "./piece-reader.ts";

const PART_HEAD_LIMIT = 8 * 1024;
/** The syntax it is stored in: a transcoded copy would never compare equal (PS3.18 8.7.3.5.2). */
const AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*';

/** What lies there under an instance's UIDs; `absent`: it says so (404); `unknown`: it does not give it, for whatever lasting reason. */
export type Copy = "same" | "other" | "absent" | "unknown";

/**
 * Retrieves one instance as it lies there (WADO-RS, PS3.18 10.4) and compares the data sets, streamed.
 * @throws DestinationError, also for a status that may pass (429, 5xx): busy is no answer; UnreadableInstance
 */
export async function copyByWado(
  peer: HttpPeer,
  instance: OutgoingInstance,
  signal: AbortSignal,
  accept: string = AS_STORED,
): Promise<Copy> {
  const uids = [instance.studyInstanceUID, instance.seriesInstanceUID, instance.sopInstanceUID].map(encodeURIComponent);
  const answer = await peer.request(
    {
      method: "GET",
      path: `/studies/${uids[0]}/series/${uids[1]}/instances/${uids[2]}`,
      headers: { accept },
    },
    signal,
  );
  const type = answer.headers.get("content-type") ?? "";
  if (answer.status !== 200 || !/^(multipart\/related|application\/dicom)\b/i.test(type)) {
    await answer.discard();
    if (answer.status === 404 || answer.status === 410) return "absent";
    const fault = statusError(answer);
    if (answer.status >= 400 && fault.retryable) throw fault;
    return "unknown";
  }
  const reader = new PieceReader(answer.pieces());
  const compared = async (end?: string) => ((await sameDataSet(reader, instance, end)) ? "same" : "other");
  try {
    if (/^application\/dicom\b/i.test(type)) return await compared();
    const delimiter = await openFirstPart(reader);
    return delimiter === null ? "unknown" : await compared(delimiter);
  } finally {
    await reader.close();
  }
}

/** Goes to the first byte of the first part; answers the delimiter that must stand behind it. */
async function openFirstPart(reader: PieceReader): Promise<string | null> {
  const head = Buffer.from(await reader.peek(PART_HEAD_LIMIT)).toString("latin1");
  // RFC 2046 5.1.1: a preamble may stand before the first delimiter.
  const found = /(?:^|\r\n)(--[^\r\n]{1,200}?)[ \t]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(head);
  if (found?.[1] === undefined) return null;
  await reader.skip(found.index + found[0].length);
  return `\r\n${found[1]}`;
}
