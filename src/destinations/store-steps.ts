import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testObject } from "../dicom/test-object.ts";
import type { CapabilityKeeper } from "./capability.ts";
import type { CheckStep, Destination, InstanceOutcome, OutgoingInstance } from "./destination.ts";
import { part10DataSetOffset } from "./part10-offset.ts";

/** Stores a marked image of nobody, looks for it, and sends it once more; what that teaches is kept. */
export async function* storeSteps(
  destination: Destination,
  keeper: CapabilityKeeper,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-test-object-"));
  try {
    const made = testObject(new Date());
    const path = join(folder, "test.dcm");
    await writeFile(path, made.bytes);
    const { bytes, ...uids } = made;
    const instance: OutgoingInstance = {
      ...uids,
      path,
      fileSize: bytes.length,
      dataSetOffset: part10DataSetOffset(bytes) ?? 0,
      head: null,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      sentBefore: false,
    };
    const first = stepOf("Test image stored", await stored(destination, instance, signal));
    const where = `patient RELAYPACS-TEST, Study Instance UID ${instance.studyInstanceUID}: may be deleted there`;
    yield first.ok ? { ...first, detail: `${first.detail} (${where})` } : first;
    if (!first.ok) return;
    const ask = destination.vouches ?? destination.find;
    const held = await ask([instance], signal);
    keeper.learn({ queries: held !== null });
    const found = held?.get(instance.sopInstanceUID);
    if (held === null) {
      yield { name: "Test image verified", ok: true, detail: "by its word alone: the archive cannot be asked" };
    } else if (found !== undefined) {
      yield {
        name: "Test image verified",
        ok: true,
        detail: `asked for, and shown${found.note ? `, ${found.note}` : ""}`,
      };
    } else {
      const fix = "Look in the archive's log what became of it; some show an image only after a while: test once more.";
      yield { name: "Test image verified", ok: false, detail: "it said stored, but does not show it", fix };
      return;
    }
    const again = stepOf("The same once more", await stored(destination, { ...instance, sentBefore: true }, signal));
    keeper.learn({ again: again.ok ? "accepted" : "refused" });
    yield again;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function stored(
  destination: Destination,
  instance: OutgoingInstance,
  signal: AbortSignal,
): Promise<InstanceOutcome | null> {
  const told: InstanceOutcome[] = [];
  await destination.store([instance], (outcome) => void told.push(outcome), signal);
  return told[0] ?? null;
}

function stepOf(name: string, outcome: InstanceOutcome | null): CheckStep {
  if (outcome?.result === "stored") return { name, ok: true, detail: outcome.answer };
  const detail = outcome === null ? "no answer" : `${outcome.answer}: ${outcome.error?.message ?? ""}`;
  const fix = "Let this account and AE title store Secondary Capture images; the archive's log names its reason.";
  return { name, ok: false, detail, fix };
}
