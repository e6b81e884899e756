import type { Actor } from "../audit/record.ts";
import type { Sealer } from "../auth/sealing.ts";
import type { ConfigProblem } from "../core/config-error.ts";
import type { DestinationConfig } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import type { Database } from "../db/database.ts";
import type { Settings } from "./in-force.ts";

/** What a change of the settings needs around it. */
export interface SettingsContext {
  readonly db: Database;
  readonly sealer: Sealer;
  /** In force now. */
  readonly settings: () => Settings;
  /** Makes the destination of an entry; what it throws keeps the entry out of the database. */
  readonly make: (config: DestinationConfig) => unknown;
  /** Brings what the database holds now into force. @param destinationId of the one that was changed */
  readonly takeUp: (destinationId?: string) => void;
}

/** @throws RelayError invalid_request with every problem */
export function refuse(problems: readonly ConfigProblem[]): void {
  if (problems.length > 0)
    throw new RelayError("invalid_request", undefined, { errors: problems.map((it) => ({ ...it })) });
}

/** Who changes something, by the name that is shown beside it. */
export const nameOf = ({ name }: Actor): string => name ?? "";
