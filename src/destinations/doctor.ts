import type { DestinationConfig } from "../core/config-schema.ts";
import { type CapabilityKeeper, forgetfulKeeper } from "./capability.ts";
import { failedSteps } from "./check-steps.ts";
import { clockSteps } from "./clock-step.ts";
import type { CheckStep } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { createDestination } from "./index.ts";
import { reachSteps } from "./reach-steps.ts";
import { storeSteps } from "./store-steps.ts";

/**
 * A live checklist of one destination: name, port, certificate, clock, sign-in, service; where wanted a marked image is
 * stored, looked for and sent again. It ends at the first step that fails, the clock apart, whose fix is in words.
 * @throws the signal's reason; faults of the destination are steps
 */
export async function* doctorSteps(
  config: DestinationConfig,
  env: DestinationEnv,
  { store }: { readonly store: boolean },
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const keeper: CapabilityKeeper = env.capability?.(config) ?? forgetfulKeeper();
  try {
    for await (const step of reachSteps(config, env, signal)) {
      yield step;
      if (!step.ok) return;
    }
    yield* await clockSteps(config, env, signal); // before the sign-in, which a wrong clock can break
    const destination = createDestination(config, env);
    const steps = await destination.check(signal);
    yield* steps;
    if (store && steps.every(({ ok }) => ok)) yield* storeSteps(destination, keeper, signal);
  } catch (error) {
    signal.throwIfAborted();
    yield* failedSteps(error);
  }
}

const checkMs = 20_000;
/** An archive may take its time over an image, and for its storage commitment a minute. */
const storeMs = 120_000;

/** The same within the time that a person waits for it; what lasts longer is a step that failed. @throws the signal's reason */
export async function* checklist(
  config: DestinationConfig,
  env: DestinationEnv,
  options: { readonly store: boolean },
  signal?: AbortSignal,
): AsyncGenerator<CheckStep> {
  const late = AbortSignal.timeout(options.store ? storeMs : checkMs);
  try {
    yield* doctorSteps(config, env, options, signal ? AbortSignal.any([signal, late]) : late);
  } catch (error) {
    if (!late.aborted || signal?.aborted) throw error;
    const fix = "Look at the archive's load and log, and at what lies between it and this box.";
    yield { name: config.id, ok: false, detail: "did not answer in time", fix };
  }
}
