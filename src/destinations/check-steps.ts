import { catalogueOf } from "../contract/errors.ts";
import { type CheckStep, DestinationError } from "./destination.ts";

/** The line of a check that failed, with the catalogue's fix. Anything that is no DestinationError goes on. */
export function failedSteps(error: unknown): CheckStep[] {
  if (!(error instanceof DestinationError)) throw error;
  const { title, action } = catalogueOf(error.code);
  return [{ name: title, ok: false, detail: error.message, fix: action }];
}
