import type { CStoreConfig } from "../core/config-schema.ts";
import type { PeerEntity } from "../dimse/association.ts";
import { DimseError } from "../dimse/errors.ts";
import { echo, findInstances } from "../dimse/services.ts";
import { statusHex } from "../dimse/status.ts";
import { sendOverAssociations } from "./c-store-lanes.ts";
import { failedSteps } from "./check-steps.ts";
import { type Destination, DestinationError, type HeldInstances } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { readableOnes } from "./outcome.ts";
import { tlsFiles } from "./tls-files.ts";
import { transportError } from "./transport-errors.ts";

const CALLING_AE_TITLE = "RELAYPACS";
const ASSOCIATIONS = 4;
const TIMEOUT_SECONDS = 300;

/** DICOM Storage (PS3.4 B): the data set's bytes as they came, in the file's own transfer syntax. */
export function cStore(config: CStoreConfig, _env: DestinationEnv): Destination {
  const peer = (): PeerEntity => ({
    host: config.host,
    port: config.port,
    calledAETitle: config.called_ae_title,
    callingAETitle: config.calling_ae_title ?? CALLING_AE_TITLE,
    timeoutSeconds: config.timeout_seconds ?? TIMEOUT_SECONDS,
    ...(config.tls === undefined || config.tls === false
      ? {}
      : { tls: config.tls === true ? {} : tlsFiles(config.tls) }),
  });
  return {
    id: config.id,
    kind: config.kind,
    check: async (signal) => {
      try {
        const status = await translated(signal, () => echo(peer(), signal));
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
    store: async (instances, report, signal) => {
      const ready = await readableOnes(instances, report);
      const width = config.associations ?? ASSOCIATIONS;
      await translated(signal, () => sendOverAssociations(peer(), ready, width, report, signal));
    },
    find: (instances, signal) =>
      translated(signal, async (): Promise<HeldInstances | null> => {
        const [first] = instances;
        if (first === undefined) return new Map();
        const series = new Set(instances.map((instance) => instance.seriesInstanceUID));
        const found = await findInstances(peer(), first.studyInstanceUID, series, signal);
        if (found === null) return null;
        const held = instances.filter((instance) => found.has(instance.sopInstanceUID));
        return new Map(held.map((instance) => [instance.sopInstanceUID, { same: null }]));
      }),
  };
}

const codes = {
  timeout: ["destination_timeout", true],
  closed: ["destination_unreachable", true],
  aborted: ["destination_unreachable", true],
  protocol: ["destination_bad_answer", true],
  "rejected-transient": ["destination_busy", true],
  "rejected-permanent": ["destination_rejected", false],
} as const;

/** Faults of the association as the dispatcher knows them. */
async function translated<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
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
