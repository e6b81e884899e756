import { MOST_CONTEXTS, type ProposedContext } from "../dimse/associate.ts";
import { Association, type PeerEntity } from "../dimse/association.ts";
import { DimseError } from "../dimse/errors.ts";
import { contextsFor, type Sending, sendOne } from "./c-store-instance.ts";
import { Decompressor } from "./decompressor.ts";
import type { OutgoingInstance } from "./destination.ts";

/** What goes over associations of the same contexts. */
interface Group {
  readonly contexts: ProposedContext[];
  readonly queue: OutgoingInstance[];
}

/**
 * Sends over several associations in parallel; pairs beyond the 128 of one association go over further ones.
 * @throws DimseError, DestinationError, socket errors, the signal's reason; what was reported stands.
 */
export async function sendOverAssociations(
  peer: PeerEntity,
  instances: readonly OutgoingInstance[],
  { width, decompress }: { readonly width: number; readonly decompress: boolean },
  report: Sending["report"],
  signal: AbortSignal,
  mayGoOn: () => boolean = () => true,
): Promise<void> {
  const stop = new AbortController();
  const again: OutgoingInstance[] = [];
  const both = AbortSignal.any([signal, stop.signal]);
  const sending: Sending = { peer, report, signal: both, decompress, troubles: 0, again };

  async function round({ contexts, queue }: Group, lanes: number): Promise<void> {
    const failures: unknown[] = [];
    const rejections: unknown[] = [];
    const lane = async () => {
      try {
        await sendLane(sending, contexts, queue, mayGoOn);
      } catch (error) {
        // A peer that takes fewer associations than we open: those it took do the work.
        if (isRejection(error)) return void rejections.push(error);
        failures.push(error);
        stop.abort(error);
      }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, queue.length) }, lane));
    signal.throwIfAborted();
    if (failures.length > 0) throw failures[0];
    if (queue.length > 0 && rejections.length > 0) throw rejections[0];
  }

  for (const group of byContexts(instances, decompress)) await round(group, width);
  sending.again = null;
  for (const group of byContexts(again, decompress)) await round(group, 1);
}

async function sendLane(
  sending: Sending,
  contexts: readonly ProposedContext[],
  queue: OutgoingInstance[],
  mayGoOn: () => boolean,
): Promise<void> {
  let association: Association | null = null;
  const decompressor = new Decompressor();
  // Nobody waits for a frame when the box stops.
  const stop = () => decompressor.stop();
  sending.signal.addEventListener("abort", stop, { once: true });
  try {
    while (queue.length > 0 && mayGoOn()) {
      sending.signal.throwIfAborted();
      association ??= await Association.open(sending.peer, contexts, sending.signal);
      const next = queue.shift();
      if (next !== undefined && !(await sendOne(sending, { association, decompressor }, next))) association = null;
    }
    await association?.release();
  } catch (error) {
    association?.socket.abort();
    throw error;
  } finally {
    sending.signal.removeEventListener("abort", stop);
    stop();
  }
}

const isRejection = (error: unknown): boolean => error instanceof DimseError && error.fault.startsWith("rejected-");

/** Cuts the instances, in order, where an association would need more than its 128 contexts. */
function byContexts(instances: readonly OutgoingInstance[], decompress: boolean): Group[] {
  const groups: Group[] = [];
  let pairs = new Set<string>();
  const named = (one: ProposedContext) => `${one.abstractSyntax} ${one.transferSyntax}`;
  for (const instance of instances) {
    const needed = contextsFor(instance, decompress);
    const fresh = () => needed.filter((one) => !pairs.has(named(one)));
    let group = groups.at(-1);
    if (group === undefined || pairs.size + fresh().length > MOST_CONTEXTS) {
      group = { contexts: [], queue: [] };
      groups.push(group);
      pairs = new Set();
    }
    group.contexts.push(...fresh());
    for (const one of needed) pairs.add(named(one));
    group.queue.push(instance);
  }
  return groups;
}
