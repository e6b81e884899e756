import type { DicomWebConfig } from "../core/config-schema.ts";
import type { Destination } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { plainProfile, type StowProfile } from "./stow-profile.ts";
import { stowRs } from "./stow-rs.ts";

/** Its documents say 2 GB in one place and 4 in another. */
const MOST_BYTES = 2_000_000_000;
const SCOPE = "https://dicom.healthcareapis.azure.com/.default";

export const azureProfile: StowProfile = { ...plainProfile, mostRequestBytes: MOST_BYTES, explicitVR: true };

/**
 * The Azure DICOM service: `url` is `https://WORKSPACE-SERVICE.dicom.azurehealthcareapis.com/v2`. It takes explicit VR alone, and says
 * 45070 of a UID that it holds, identical or not: compared.
 */
export function azureDicom(config: DicomWebConfig, env: DestinationEnv): Destination {
  const { auth } = config;
  const scoped = auth?.type === "oauth2-client" ? { ...config, auth: { scope: SCOPE, ...auth } } : config;
  return stowRs(scoped, env, azureProfile);
}
