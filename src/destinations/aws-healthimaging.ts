import type { DicomWebConfig } from "../core/config-schema.ts";
import type { Destination } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { plainProfile, type StowProfile } from "./stow-profile.ts";
import { stowRs } from "./stow-rs.ts";

/** AWS HealthImaging: 1 GB of DICOM in a request. */
const MOST_BYTES = 1_000_000_000;
/** Its own warnings begin here; conflicting metadata lands in an image set that is not the primary one. */
const OWN_WARNINGS = 0xb100;
/** It keeps pixel data as HTJ2K and writes an object anew for whoever retrieves it. */
const accept = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1";

export const awsProfile: StowProfile = {
  ...plainProfile,
  mostRequestBytes: MOST_BYTES,
  retrieval: { accept, asStored: false },
  besideFrom: OWN_WARNINGS,
};

/** AWS HealthImaging: `url` is `https://dicom-medical-imaging.REGION.amazonaws.com/datastore/ID`. */
export const awsHealthImaging = (config: DicomWebConfig, env: DestinationEnv): Destination =>
  stowRs(config, env, awsProfile);
