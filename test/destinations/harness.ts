import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DestinationConfig } from "../../src/core/config-schema.ts";
import type { Destination, InstanceOutcome, OutgoingInstance } from "../../src/destinations/destination.ts";
import { createDestination } from "../../src/destinations/index.ts";

/** A destination of a test; its secrets stand in the configuration. */
export const destination = (config: DestinationConfig, dataDir = tmpdir(), maxAnswerBytes?: number): Destination =>
  createDestination(config, {
    dataDir,
    readSecret: (source) => (typeof source === "string" ? source : ""),
    ...(maxAnswerBytes === undefined ? {} : { maxAnswerBytes }),
  });

/** Everything that a store reported, and its error where it threw one. */
export interface Told {
  readonly outcomes: InstanceOutcome[];
  readonly error: unknown;
  /** SOP Instance UIDs that were said to be on their way to a peer that does not hold them. */
  readonly sending: string[];
  of(instance: OutgoingInstance): InstanceOutcome | undefined;
}

export async function store(
  to: Destination,
  instances: readonly OutgoingInstance[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Told> {
  const outcomes: InstanceOutcome[] = [];
  const sending: string[] = [];
  const onSending = (sent: readonly OutgoingInstance[]) => void sending.push(...sent.map((one) => one.sopInstanceUID));
  const error = await to
    .store(instances, (outcome) => void outcomes.push(outcome), signal, onSending)
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  return {
    outcomes,
    error,
    sending,
    of: (instance) => outcomes.find((outcome) => outcome.sopInstanceUID === instance.sopInstanceUID),
  };
}

/** A temporary folder and its removal. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "relaypacs-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The instances by study, as the dispatcher hands them over. */
export function byStudy(instances: readonly OutgoingInstance[]): OutgoingInstance[][] {
  const studies = new Map<string, OutgoingInstance[]>();
  for (const instance of instances) {
    studies.set(instance.studyInstanceUID, [...(studies.get(instance.studyInstanceUID) ?? []), instance]);
  }
  return [...studies.values()];
}
