import type { StudyMetadata } from "../contract/upload.ts";
import type { Config } from "../core/config-schema.ts";
import { keyedHash } from "../core/keyed-hash.ts";
import { stableUid } from "../dicom/stable-uid.ts";
import { type Identity, identityFrom, isIdentified } from "./identity.ts";

/** What UIDs are made with: the site's root, and a key that nobody else has. */
export interface UidMaker {
  readonly config: { readonly intake: Pick<Config["intake"], "uid_root"> };
  readonly hashKey: Uint8Array;
}

const partsOf = ({ patient }: Pick<Identity, "patient">): string[] =>
  [patient.id, patient.name, patient.birthDate, patient.sex].map((field) => field.trim());

/**
 * The UID of something made for a study: of the same thing, for the same patient, in the same study, always the same one, in
 * whatever upload it comes. For another patient it is another object.
 */
export const madeUid = ({ config, hashKey }: UidMaker, identity: Identity, ...what: readonly string[]): string =>
  stableUid(config.intake.uid_root, hashKey, identity.study.studyInstanceUID, ...partsOf(identity), ...what);

/** A picture or PDF, by the SHA-256 of its file. */
export const pictureUid = (maker: UidMaker, identity: Identity, sha256: string): string =>
  madeUid(maker, identity, "picture", sha256.toLowerCase());

/** The name under which an object made here is remembered once a destination confirmed it. */
export const madeKeyOf = (hashKey: Uint8Array, sopInstanceUID: string): string =>
  keyedHash(hashKey, "made", sopInstanceUID);

/**
 * Study Instance UID of pictures that stand alone: of the same pictures, for the same patient, with the same words on the study.
 * As long as nobody has said whose they are, each upload is a study of its own: two patients must never share one.
 * @param hashes SHA-256 of each, in any order
 */
export function picturesStudyUid(
  { config, hashKey }: UidMaker,
  upload: { readonly id: string; readonly metadata: StudyMetadata },
  hashes: readonly string[],
): string {
  const { metadata } = upload;
  const identity = identityFrom(metadata, "");
  if (!isIdentified(identity)) return stableUid(config.intake.uid_root, hashKey, upload.id, "pictures");
  const { study_name = "", study_date = "", accession_number = "", modality = "", body_part = "" } = metadata;
  const words = [study_name, study_date, accession_number, modality, body_part];
  const files = [...new Set(hashes.map((sha256) => sha256.toLowerCase()))].sort();
  return stableUid(config.intake.uid_root, hashKey, "pictures", ...partsOf(identity), ...words, ...files);
}
