import { learnSize } from "./capability.ts";
import { DestinationError, type OutgoingInstance } from "./destination.ts";
import type { HttpAnswer } from "./http-peer.ts";
import { namedError, statusError } from "./http-status.ts";
import { UnreadableInstance } from "./instance-bytes.ts";
import { multipartOf } from "./multipart.ts";
import { refused, retryLater, stored, unreadable } from "./outcome.ts";
import { readableText } from "./readable-text.ts";
import { type HeldBefore, heldIfAsked, type StowContext } from "./stow-held.ts";
import { stowOutcomes } from "./stow-outcomes.ts";
import { stowResponse } from "./stow-response.ts";

type Batch = readonly OutgoingInstance[];

/** Whether a status speaks of instances, of the batch (ask, then halves), or of its size (halves); the others of the request as a whole. */
export const scopes: Readonly<Record<number, "instances" | "batch" | "size">> = {
  200: "instances",
  202: "instances",
  204: "instances",
  409: "instances",
  400: "batch", // Orthanc: one unparsable part, though others are stored
  500: "batch", // dcm4chee: an unexpected exception at one part, though earlier ones are stored
  411: "size",
  413: "size",
};
/** So many lone 500 in a row are the archive's trouble, not the images'. */
const LONE_ERRORS = 3;

/** Sends batches and reports every instance (PACS-FACTS "Rules that follow" 1 to 5). */
export function stowBatches(context: StowContext, before: HeldBefore) {
  const { peer, report, signal, capability } = context;
  const outcomes = stowOutcomes(context, before);
  let loneErrors = 0;

  async function send(batch: Batch): Promise<void> {
    if (batch.length === 0) return;
    const body = multipartOf(batch);
    const headers = { accept: "application/dicom+json", "content-type": body.contentType };
    let answer: HttpAnswer;
    let text: string | null = "";
    try {
      answer = await peer.request({ method: "POST", path: "/studies", headers, body }, signal);
      if (capability !== undefined && (answer.status === 413 || scopes[answer.status] === "instances"))
        learnSize(capability, body.length, answer.status === 413);
      if (scopes[answer.status] === "instances" || answer.status === 400) text = await readableText(answer);
      else await answer.discard();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UnreadableInstance) {
        report(unreadable(error.instance));
        return send(batch.filter((one) => one !== error.instance));
      }
      if (!(error instanceof DestinationError) || !error.retryable) throw error;
      return smaller(batch, await unstored(batch, "found after a broken request"), () => {
        throw error;
      });
    }
    await settle(batch, answer, text);
  }

  async function settle(batch: Batch, answer: HttpAnswer, text: string | null): Promise<void> {
    const { status } = answer;
    const named = namedError(answer);
    if (named !== null) throw named;
    const scope = scopes[status];
    if (scope === undefined) throw statusError(answer);
    if (scope === "size") return smaller(batch, batch, (one) => lone(one, answer));
    const response = stowResponse(text);
    // Orthanc says 400 where all failed, and of each why: a full disk is no fault of the images.
    const names = response.stored.size + response.failed.size > 0;
    if (scope === "batch" && !names) {
      return smaller(batch, await unstored(batch, `${status}, found by query`), (one) => lone(one, answer));
    }
    const { again, unlisted } = await outcomes.listed(batch, status, response);
    if (again.length + unlisted.length < batch.length) loneErrors = 0;
    const rest = await unstored(unlisted, `${status}, found by query`);
    // A bare 409 is never success and names nobody, and what a 400 leaves out may be what it means: smaller requests tell.
    if (status === 409) {
      const reason = "The archive refuses the image without a reason (HTTP 409).";
      await smaller(batch, rest, (one) => report(refused(one, "409", "instance_refused", reason)));
    } else if (scope === "batch") {
      await smaller(batch, rest, (one) => lone(one, answer));
    } else {
      const code = response.understood ? "not_confirmed" : "destination_bad_answer";
      for (const one of rest) report(retryLater(one, `${status}, not listed`, code));
    }
    for (const one of again) await send([one]);
  }

  /** Sends what is left of a batch in halves; the one instance of a batch of one has nothing smaller. */
  async function smaller(batch: Batch, rest: Batch, single: (only: OutgoingInstance) => void): Promise<void> {
    const [only] = rest;
    if (only !== undefined && batch.length === 1) return single(only);
    const middle = Math.ceil(rest.length / 2);
    await send(rest.slice(0, middle));
    await send(rest.slice(middle));
  }

  /** The archive's answer to a batch of one that speaks of the batch. */
  function lone(instance: OutgoingInstance, answer: HttpAnswer): void {
    const error = statusError(answer);
    if (answer.status !== 500) report(refused(instance, `${answer.status}`, "instance_refused", error.message));
    else if (++loneErrors >= LONE_ERRORS) throw error;
    else report(retryLater(instance, "500", error.code, error.message));
  }

  /** Asks which the peer holds by now, reports those, answers the others: all of them where it cannot be asked. */
  async function unstored(batch: Batch, answer: string): Promise<Batch> {
    if (batch.length === 0) return batch;
    const held = await heldIfAsked(context, batch);
    const rest: OutgoingInstance[] = [];
    for (const one of batch) {
      // What lay there before proves nothing of what was sent.
      if (!held?.has(one.sopInstanceUID) || before.doubtful.has(one.sopInstanceUID)) rest.push(one);
      else report(stored(one, answer, { verified: true }));
    }
    return rest;
  }

  return { send };
}
