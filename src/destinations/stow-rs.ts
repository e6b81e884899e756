import type { DicomWebConfig } from "../core/config-schema.ts";
import { batchLimit, forgetfulKeeper } from "./capability.ts";
import type { Destination, OutgoingInstance } from "./destination.ts";
import { dicomWebPeer } from "./dicomweb-peer.ts";
import type { DestinationEnv } from "./env.ts";
import { inExplicitVR, tellingConversion } from "./explicit-ones.ts";
import { sizeOf } from "./instance-bytes.ts";
import { asLongAs, inLanes } from "./lanes.ts";
import { batchesOf } from "./multipart.ts";
import { type Report, readableOnes, refused } from "./outcome.ts";
import { heldByQido } from "./qido.ts";
import { stowBatches } from "./stow-batch.ts";
import { checkStow } from "./stow-check.ts";
import { heldBefore, type StowContext } from "./stow-held.ts";
import { plainProfile, type StowProfile } from "./stow-profile.ts";
import { copyByWado } from "./wado.ts";

/** What a multipart body of one image has beside it, at most. */
const DELIMITERS = 512;
const COMPARISONS = 4;
/** An archive reads one request in one thread: several are what keeps it busy (docs/decisions.md). */
export const REQUESTS = 4;
/** Less than this is not worth a request of its own. */
const LEAST = { instances: 10, bytes: 16 * 1024 * 1024 };

/** DICOMweb Store (PS3.18 10.5); asks by QIDO-RS and compares by WADO-RS where the peer offers them. */
export function stowRs(config: DicomWebConfig, env: DestinationEnv, profile: StowProfile = plainProfile): Destination {
  const peer = dicomWebPeer(config, env);
  const most = config.max_request_bytes ?? profile.mostRequestBytes ?? Number.POSITIVE_INFINITY;
  const limits = {
    instances: config.batch_instances ?? profile.batch.instances,
    // The delimiters of a batch have some hundred bytes an image.
    bytes: Math.min(config.batch_bytes ?? profile.batch.bytes, most * 0.99),
  };
  const explicitVR = config.explicit_vr ?? profile.explicitVR;
  const copyOf: (signal: AbortSignal) => StowContext["copyOf"] = (signal) => async (instance) => {
    const copy = await copyByWado(peer, instance, signal, profile.retrieval.accept);
    return copy === "other" && !profile.retrieval.asStored ? "unknown" : copy;
  };
  const capability = env.capability?.(config) ?? forgetfulKeeper();
  return {
    id: config.id,
    kind: config.kind,
    check: (signal) => checkStow(peer, signal, capability),
    store: async (instances, told, signal, sending, mayGoOn) => {
      const readable = fittingOnes(await readableOnes(instances, told), most, told);
      const ready = explicitVR ? await inExplicitVR(readable, told, signal) : readable;
      const report = explicitVR ? tellingConversion(ready, told) : told;
      const replaces = config.on_conflict === "send";
      const context: StowContext = {
        peer,
        report,
        signal,
        capability,
        replaces,
        copyOf: copyOf(signal),
        besideFrom: profile.besideFrom,
      };
      const before = await heldBefore(context, ready);
      const unsent: typeof ready = [];
      await inLanes(ready, COMPARISONS, signal, async (instance) => {
        if (!(await before.settles(instance))) unsent.push(instance);
      });
      const order = new Map(ready.map((instance, index) => [instance, index]));
      unsent.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
      sending?.(unsent.filter(({ sopInstanceUID }) => !before.doubtful.has(sopInstanceUID)));
      const batches = stowBatches(context, before);
      // Together they hold no more of the archive's memory than one request may.
      const share = {
        instances: Math.min(limits.instances, Math.max(LEAST.instances, Math.ceil(unsent.length / REQUESTS))),
        // Asked anew for each batch: the one before may have been too large.
        get bytes() {
          const ownShare = Math.min(limits.bytes, Math.max(LEAST.bytes, Math.ceil(limits.bytes / REQUESTS)));
          return batchLimit(ownShare, capability.known());
        },
      };
      // The first failure closes the queue for all; what is on its way gets its answer, or it would have to be asked for.
      const queue = asLongAs(mayGoOn, batchesOf(unsent, share));
      const lane = async () => {
        for (const batch of queue) await batches.send(batch);
      };
      const ends = await Promise.allSettled(Array.from({ length: REQUESTS }, lane));
      for (const end of ends) if (end.status === "rejected") throw end.reason;
      const fault = before.fault();
      if (fault !== null) throw fault;
    },
    find: async (instances, signal) => {
      const held = await heldByQido(peer, instances, signal);
      return held === null ? null : new Map([...held].map((uid) => [uid, { same: null }]));
    },
    shows: (instances, signal) => heldByQido(peer, instances, signal),
  };
}

/** Those that a request can hold; the others are reported without being sent. */
function fittingOnes(instances: readonly OutgoingInstance[], most: number, report: Report): OutgoingInstance[] {
  return instances.filter((instance) => {
    const fits = sizeOf(instance) + DELIMITERS <= most;
    const message = `The archive takes no request above ${Math.floor(most / 1_000_000)} MB, and this image alone is larger.`;
    if (!fits) report(refused(instance, "not sent", "instance_refused", message));
    return fits;
  });
}
