import type { DicomWebConfig } from "../core/config-schema.ts";
import type { Destination } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { plainProfile } from "./stow-profile.ts";
import { stowRs } from "./stow-rs.ts";

/**
 * Google Cloud Healthcare: `url` is `https://healthcare.googleapis.com/v1/projects/P/locations/L/datasets/D/dicomStores/S/dicomWeb`. It
 * ends a request after half an hour: at 1 Mbit/s that is 225 MB, more than a batch has.
 */
export const googleHealthcare = (config: DicomWebConfig, env: DestinationEnv): Destination =>
  stowRs(config, env, plainProfile);
