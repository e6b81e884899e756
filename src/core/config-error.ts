/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The key's path as the file has it (`destination[1].url`), or the variable, option or file that is meant. */
  readonly path: string;
  /** What is wrong and what is allowed, without the value of any secret. */
  readonly message: string;
}

/** The configuration cannot be used; every problem is listed at once. The command ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(
    readonly problems: readonly ConfigProblem[],
    /** Where the configuration came from, for the person who mends it. */
    readonly source: string,
  ) {
    const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
    super([`The configuration (${source}) cannot be used:`, ...lines].join("\n"));
  }
}
