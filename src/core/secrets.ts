import { readFileSync } from "node:fs";
import { type Environment, processEnvironment } from "./config-env.ts";
import type { SecretSource } from "./config-schema.ts";

/** A secret that cannot be read. The message names the file or variable, never a value. */
export class SecretError extends Error {
  override readonly name = "SecretError";
}

export type ReadSecret = (source: SecretSource) => string;

/**
 * The value of a secret: the text itself, a file's content without its line end, or an environment variable.
 * @throws SecretError where the file or variable is missing or empty
 */
export function readSecret(
  source: SecretSource,
  environment: Environment = processEnvironment(),
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): string {
  if (typeof source === "string") return source;
  if ("env" in source) {
    const value = environment[source.env];
    if (value === undefined || value === "") throw new SecretError(`the environment variable ${source.env} is not set`);
    return value;
  }
  let text: string;
  try {
    text = readFile(source.file);
  } catch (error) {
    throw new SecretError(`the file ${source.file} cannot be read`, { cause: error });
  }
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw new SecretError(`the file ${source.file} is empty`);
  return value;
}
