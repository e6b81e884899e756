import type { CStoreConfig } from "../core/config-schema.ts";
import type { PeerEntity } from "../dimse/association.ts";
import { DimseError } from "../dimse/errors.ts";
import { echo, findInstances } from "../dimse/services.ts";
import { statusHex } from "../dimse/status.ts";
import { commitmentOf } from "./c-store-commitment.ts";
import { sendOverAssociations } from "./c-store-lanes.ts";
import { failedSteps } from "./check-steps.ts";
import {
  type Destination,
  DestinationError,
  type HeldInstances,
  type InstanceName,
  type OutgoingInstance,
} from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { incomparable, type Report, readableOnes, stored } from "./outcome.ts";
import { requireOutgoing } from "./outgoing-address.ts";
import { tlsFiles } from "./tls-files.ts";
import { transportError } from "./transport-errors.ts";

export const cStoreDefaults = { callingAETitle: "RELAYPACS", associations: 4, timeoutSeconds: 300 } as const;

/** DICOM Storage (PS3.4 B): the data set's bytes as they came, in the file's own transfer syntax. */
export function cStore(config: CStoreConfig, env: DestinationEnv): Destination {
  const peer = (addresses: readonly string[]): PeerEntity => ({
    host: config.host,
    addresses,
    port: config.port,
    calledAETitle: config.called_ae_title,
    callingAETitle: config.calling_ae_title ?? cStoreDefaults.callingAETitle,
    timeoutSeconds: config.timeout_seconds ?? cStoreDefaults.timeoutSeconds,
    ...(config.tls === undefined || config.tls === false
      ? {}
      : { tls: config.tls === true ? {} : tlsFiles(config.tls) }),
  });
  /** The peer at the addresses that were looked at (T13), and no other. */
  const translated = <T>(signal: AbortSignal, work: (peer: PeerEntity) => Promise<T>): Promise<T> =>
    faultsTranslated(signal, async () => work(peer(await requireOutgoing(config.host, env.resolve, env.fromFile))));
  return {
    id: config.id,
    kind: config.kind,
    check: async (signal) => {
      try {
        const status = await translated(signal, (to) => echo(to, signal));
        const reached = { name: "Association", ok: true, detail: `${config.called_ae_title} accepts it` };
        // A peer that accepts the association but not C-ECHO can still take images.
        if (status === null) return [reached, { name: "C-ECHO", ok: true, detail: "not offered by the archive" }];
        if (status === 0) return [reached, { name: "C-ECHO", ok: true, detail: "0000" }];
        const fix = "See the archive's log for this status.";
        return [reached, { name: "C-ECHO", ok: false, detail: statusHex(status), fix }];
      } catch (error) {
        signal.throwIfAborted();
        return failedSteps(error);
      }
    },
    store: async (instances, report, signal, sending, mayGoOn) => {
      const ready = await readableOnes(instances, report);
      const held = await heldBy(ready, signal);
      const replaces = config.on_conflict === "send";
      const unsent: OutgoingInstance[] = [];
      for (const instance of ready) {
        if (held?.has(instance.sopInstanceUID) && instance.made) {
          report(stored(instance, "held before", { verified: true }));
          continue;
        }
        // DIMSE compares nothing, and archives say 0000 and keep the old copy, or replace it, without a word.
        const strange = held?.has(instance.sopInstanceUID) && !instance.sentBefore && !replaces;
        if (strange) report(incomparable(instance, "held before"));
        else unsent.push(instance);
      }
      if (held !== null) sending?.(unsent.filter(({ sopInstanceUID }) => !held.has(sopInstanceUID)));
      const ways = {
        width: config.associations ?? cStoreDefaults.associations,
        decompress: config.decompress ?? false,
      };
      const told = byItsWord(report, unsent, held);
      await translated(signal, (to) => sendOverAssociations(to, unsent, ways, told, signal, mayGoOn));
    },
    find: async (instances, signal) => {
      const held = await heldBy(instances, signal);
      return held === null ? null : new Map([...held].map((uid) => [uid, { same: null }]));
    },
    shows: heldBy,
    ...(config.commitment_listen === undefined ? {} : { vouches: vouching(config.commitment_listen) }),
  };

  /** Storage commitment; what was not vouched for, for want of a report, is looked for by C-FIND. */
  function vouching(listen: string) {
    return async (instances: readonly OutgoingInstance[], signal: AbortSignal): Promise<HeldInstances | null> => {
      const { committed, missing } = await translated(signal, (to) =>
        commitmentOf({ peer: to, listen, reportMs: env.commitmentReportMs }, instances, signal),
      );
      const vouched = [...committed].map((uid) => [uid, { same: null, note: "committed" }] as const);
      if (missing === null) return new Map(vouched);
      const held = await heldBy(instances, signal);
      if (held === null && committed.size === 0) return null;
      return new Map([...[...(held ?? [])].map((uid) => [uid, { same: null, note: missing }] as const), ...vouched]);
    };
  }

  /** Which of these instances of one study the peer holds, by C-FIND; null where it cannot be asked. */
  function heldBy(instances: readonly InstanceName[], signal: AbortSignal): Promise<Set<string> | null> {
    return translated(signal, async (to) => {
      const [first] = instances;
      if (first === undefined) return new Set();
      const wanted = instances.map((instance) => instance.sopInstanceUID);
      const bySeries = Map.groupBy(instances, (instance) => instance.seriesInstanceUID);
      const series = new Map([...bySeries].map(([uid, ones]) => [uid, ones.map((one) => one.sopInstanceUID)]));
      const found = await findInstances(to, first.studyInstanceUID, series, signal);
      return found === null ? null : new Set(wanted.filter((uid) => found.has(uid)));
    });
  }
}

/** Where something lay under the UID before, or nobody knows, a later query would find that too: the peer's word alone counts. */
function byItsWord(report: Report, unsent: readonly OutgoingInstance[], held: ReadonlySet<string> | null): Report {
  const before = new Map(unsent.map((instance) => [instance.sopInstanceUID, instance.sentBefore]));
  return (outcome) => {
    const { sopInstanceUID: uid, answer, result } = outcome;
    if (result !== "stored" || (held !== null && (!held.has(uid) || before.get(uid)))) return report(outcome);
    report({ ...outcome, answer: held === null ? answer : `${answer}, held before, not compared`, verified: false });
  };
}

const codes = {
  timeout: ["destination_timeout", true],
  closed: ["destination_unreachable", true],
  aborted: ["destination_unreachable", true],
  protocol: ["destination_bad_answer", true],
  busy: ["destination_busy", true],
  "rejected-transient": ["destination_busy", true],
  "rejected-permanent": ["destination_rejected", false],
} as const;

/** Faults of the association as the dispatcher knows them. */
async function faultsTranslated<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RangeError) throw new DestinationError("destination_rejected", error.message, false);
    if (!(error instanceof DimseError)) throw transportError(error);
    const [code, retryable] = codes[error.fault];
    throw new DestinationError(code, error.message, retryable, { cause: error });
  }
}
