import { makeSetupCode } from "../auth/setup.ts";
import { type ConfigOptions, withDatabase } from "./context.ts";
import { say, tell } from "./io.ts";

/** `setup-code`: the code alone on stdout, what it is for on stderr. */
export async function setupCode(options: ConfigOptions): Promise<number> {
  say(await withDatabase(options, makeSetupCode));
  tell("Enter this code on the page /setup within 30 minutes; it makes the first administrator, once.");
  return 0;
}
