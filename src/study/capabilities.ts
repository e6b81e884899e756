import type { DestinationConfig } from "../core/config-schema.ts";
import { capabilityAt, keepCapability } from "../db/capabilities.ts";
import type { Database } from "../db/database.ts";
import { type Capability, type CapabilityKeeper, nothingLearnt } from "../destinations/capability.ts";
import { targetOf } from "./moved-destinations.ts";

/** What was learnt of each destination, in the database: a restart, and `destination test`, share it with the forwarder. */
export const capabilitiesIn =
  (db: Pick<Database, "orm">) =>
  (config: DestinationConfig): CapabilityKeeper => {
    const target = targetOf(config);
    const known = (): Capability => ({ ...nothingLearnt, ...capabilityAt(db.orm, config.id, target) });
    return { known, learn: (part) => keepCapability(db.orm, config.id, target, { ...known(), ...part }) };
  };
