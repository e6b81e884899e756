import { asExplicitVR } from "../dicom/explicit-vr.ts";
import { writeHead } from "../dicom/file-meta.ts";
import type { InstanceOutcome, OutgoingInstance } from "./destination.ts";
import { inLanes } from "./lanes.ts";
import { type Report, refused, unreadable } from "./outcome.ts";

const IMPLICIT_LE = "1.2.840.10008.1.2";
const EXPLICIT_LE = "1.2.840.10008.1.2.1";
const FILES = 4;

/**
 * Those in Implicit VR Little Endian as Explicit VR Little Endian, for archives that take nothing else (Azure); the others as they are.
 * What cannot be converted is reported. Kept of each is its length: it is written anew whenever its bytes are asked for.
 */
export async function inExplicitVR(
  instances: readonly OutgoingInstance[],
  report: Report,
  signal: AbortSignal,
): Promise<OutgoingInstance[]> {
  const converted = new Map<string, OutgoingInstance>();
  await inLanes(instances, FILES, signal, async (instance) => {
    if (instance.transferSyntaxUID !== IMPLICIT_LE) return void converted.set(instance.sopInstanceUID, instance);
    try {
      converted.set(instance.sopInstanceUID, await explicitOne(instance));
    } catch (error) {
      report(error instanceof Error && error.name === "Malformed" ? unconvertible(instance) : unreadable(instance));
    }
  });
  return instances.flatMap(({ sopInstanceUID }) => converted.get(sopInstanceUID) ?? []);
}

/** @throws Malformed; the system's error where the file cannot be read */
export async function explicitOne(instance: OutgoingInstance): Promise<OutgoingInstance> {
  const { path, dataSetOffset, sopClassUID, sopInstanceUID } = instance;
  const { length } = await asExplicitVR(path, dataSetOffset);
  const stretches = async () => (await asExplicitVR(path, dataSetOffset)).stretches;
  const head = writeHead(sopClassUID, sopInstanceUID, EXPLICIT_LE);
  return { ...instance, transferSyntaxUID: EXPLICIT_LE, head, reencoded: { length, stretches } };
}

const unconvertible = (instance: OutgoingInstance): InstanceOutcome =>
  refused(
    instance,
    "not sent",
    "transfer_syntax_refused",
    "The archive takes explicit VR alone, and this image cannot be written so without a fault.",
  );

/** Says in the answers of these, and so in the receipt, that they left in another encoding than they came. */
export function tellingConversion(instances: readonly OutgoingInstance[], report: Report): Report {
  const converted = new Set(instances.filter((one) => one.reencoded !== undefined).map((one) => one.sopInstanceUID));
  return (outcome) =>
    report(
      converted.has(outcome.sopInstanceUID)
        ? { ...outcome, answer: `${outcome.answer}, as Explicit VR Little Endian` }
        : outcome,
    );
}
