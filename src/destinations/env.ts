import type { DestinationConfig, SecretSource } from "../core/config-schema.ts";
import type { CapabilityKeeper } from "./capability.ts";
import type { Resolve } from "./outgoing-address.ts";

/** What a destination needs from the process around it. */
export interface DestinationEnv {
  readonly dataDir: string;
  /** The value behind a secret; asked before each request, so that a changed file counts at once. */
  readonly readSecret: (source: SecretSource) => string;
  /** An answer longer than this is not read to its end, bytes. Default 16 MiB. */
  readonly maxAnswerBytes?: number;
  /** What a host name leads to; the system's resolver where absent. */
  readonly resolve?: Resolve;
  /** Whether the configuration file gives the destination; only then it may name a link-local address (T13). Default true. */
  readonly fromFile?: boolean;
  /** What was learnt of a destination; forgotten with the process where absent. */
  readonly capability?: (config: DestinationConfig) => CapabilityKeeper;
  /** How long an archive's storage commitment report is waited for, milliseconds. Default 60 000. */
  readonly commitmentReportMs?: number;
  /** A folder on which nothing moved for so long hangs, milliseconds. Default 300 000, as long as an archive may be silent. */
  readonly folderIdleMs?: number;
}
