import type { DestinationConfig } from "../core/config-schema.ts";
import { type CapabilityKeeper, forgetfulKeeper } from "./capability.ts";
import { failedSteps } from "./check-steps.ts";
import type { CheckStep } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { createDestination } from "./index.ts";
import { reachSteps } from "./reach-steps.ts";
import { storeSteps } from "./store-steps.ts";

/**
 * A live checklist of one destination: name, port, certificate, sign-in, service; where wanted a marked image is stored,
 * looked for and sent again. It ends at the first step that fails, whose fix is in words.
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
    const destination = createDestination(config, env);
    const steps = await destination.check(signal);
    yield* steps;
    if (store && steps.every(({ ok }) => ok)) yield* storeSteps(destination, keeper, signal);
  } catch (error) {
    signal.throwIfAborted();
    yield* failedSteps(error);
  }
}
