import type { DestinationConfig } from "../core/config-schema.ts";
import type { CheckStep } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { httpPeer } from "./http-peer.ts";

/** Past five minutes clouds refuse a signature and tokens are not valid yet; told before that. */
const mostSeconds = 60;
const patienceSeconds = 10;

/**
 * This box's clock against the `Date` of an archive's answer (RFC 9110 6.6.1), whatever the answer is: nobody is signed in for it.
 * None where the archive is not asked over HTTP, does not answer, or tells no time.
 * @throws the signal's reason
 */
export async function clockSteps(
  config: DestinationConfig,
  env: DestinationEnv,
  signal: AbortSignal,
): Promise<CheckStep[]> {
  if (!("url" in config)) return [];
  const { url, tls } = config;
  const peer = httpPeer({ url, timeout_seconds: patienceSeconds, ...(tls === undefined ? {} : { tls }) }, env);
  try {
    const asked = Date.now();
    const answer = await peer.request({ method: "GET", path: "/" }, signal);
    const answered = Date.now();
    await answer.discard();
    const told = Date.parse(answer.headers.get("date") ?? "");
    return Number.isNaN(told) ? [] : [judged(apart(told, asked, answered))];
  } catch {
    signal.throwIfAborted();
    return []; // the steps behind this one say why
  }
}

/** Seconds by which the box is ahead of a time told somewhere between two of its own, in whole seconds; 0 where it can be the same. */
function apart(told: number, asked: number, answered: number): number {
  if (asked >= told + 1000) return Math.floor((asked - told) / 1000);
  return answered < told ? Math.floor((answered - told) / 1000) : 0;
}

function judged(seconds: number): CheckStep {
  const name = "Clock";
  const detail =
    seconds === 0
      ? "as the archive's"
      : `this box is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} the archive`;
  if (Math.abs(seconds) <= mostSeconds) return { name, ok: true, detail };
  const fix =
    "Turn on time synchronisation here (timedatectl set-ntp true) and there: signatures, tokens and receipts go by it.";
  return { name, ok: false, detail, fix };
}
