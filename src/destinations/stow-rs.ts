import type { StowRsConfig } from "../core/config-schema.ts";
import type { Destination } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { httpPeer } from "./http-peer.ts";
import { inLanes } from "./lanes.ts";
import { batchesOf } from "./multipart.ts";
import { readableOnes } from "./outcome.ts";
import { heldByQido } from "./qido.ts";
import { stowBatches } from "./stow-batch.ts";
import { checkStow } from "./stow-check.ts";
import { heldBefore } from "./stow-held.ts";

const BATCH_INSTANCES = 100;
const BATCH_BYTES = 209_715_200;
const COMPARISONS = 4;
/** An archive reads one request in one thread: several are what keeps it busy (docs/decisions.md). */
const REQUESTS = 4;
/** Less than this is not worth a request of its own. */
const LEAST = { instances: 10, bytes: 16 * 1024 * 1024 };

/** DICOMweb Store (PS3.18 10.5); asks by QIDO-RS and compares by WADO-RS where the peer offers them. */
export function stowRs(config: StowRsConfig, env: DestinationEnv): Destination {
  const peer = httpPeer(config, env);
  const limits = {
    instances: config.batch_instances ?? BATCH_INSTANCES,
    bytes: config.batch_bytes ?? BATCH_BYTES,
  };
  return {
    id: config.id,
    kind: config.kind,
    check: (signal) => checkStow(peer, signal),
    store: async (instances, report, signal, sending) => {
      const ready = await readableOnes(instances, report);
      const context = { peer, report, signal, replaces: config.on_conflict === "send" };
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
        bytes: Math.min(limits.bytes, Math.max(LEAST.bytes, Math.ceil(limits.bytes / REQUESTS))),
      };
      // The first failure closes the queue for all; what is on its way gets its answer, or it would have to be asked for.
      const queue = batchesOf(unsent, share);
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
