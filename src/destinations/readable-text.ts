import { DestinationError } from "./destination.ts";
import type { HttpAnswer } from "./http-peer.ts";

/** An answer's text; null where it is too long to be read. @throws DestinationError where the transport fails. */
export async function readableText(answer: HttpAnswer): Promise<string | null> {
  try {
    return await answer.text();
  } catch (error) {
    if (error instanceof DestinationError && error.code === "destination_bad_answer") return null;
    throw error;
  }
}
