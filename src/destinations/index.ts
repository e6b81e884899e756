import type { DestinationConfig } from "../core/config-schema.ts";
import { awsHealthImaging } from "./aws-healthimaging.ts";
import { azureDicom } from "./azure-dicom.ts";
import { cStore } from "./c-store.ts";
import { dcm4chee } from "./dcm4chee.ts";
import type { Destination } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { folder } from "./folder.ts";
import { googleHealthcare } from "./google-healthcare.ts";
import { orthanc } from "./orthanc.ts";
import { stowRs } from "./stow-rs.ts";

type Kind = DestinationConfig["kind"];
type ConfigOf<K extends Kind> = Extract<DestinationConfig, { kind: K }>;

/** The one list of destination kinds: a new kind is its file, its schema and its line here. */
const kinds: { readonly [K in Kind]: (config: ConfigOf<K>, env: DestinationEnv) => Destination } = {
  "stow-rs": (config, env) => stowRs(config, env),
  dcm4chee,
  "google-healthcare": googleHealthcare,
  "aws-healthimaging": awsHealthImaging,
  "azure-dicom": azureDicom,
  orthanc,
  "c-store": cStore,
  folder,
};

/** The destination that a section of the configuration describes; opens no connection yet. */
export function createDestination(config: DestinationConfig, env: DestinationEnv): Destination {
  const make = kinds[config.kind] as (config: DestinationConfig, env: DestinationEnv) => Destination;
  return make(config, env);
}
