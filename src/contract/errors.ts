import { archiveErrors } from "./catalogue/archive.ts";
import { deliveryErrors } from "./catalogue/delivery.ts";
import { dicomErrors } from "./catalogue/dicom.ts";
import type { CatalogueEntry } from "./catalogue/entry.ts";
import { httpErrors } from "./catalogue/http.ts";
import { imageErrors } from "./catalogue/image.ts";
import { intakeErrors } from "./catalogue/intake.ts";
import { settingsErrors } from "./catalogue/settings.ts";
import { signInErrors } from "./catalogue/sign-in.ts";
import { studyErrors } from "./catalogue/study.ts";

/** Every code the product can say, in one table. */
export const errorCatalogue = {
  ...httpErrors,
  ...signInErrors,
  ...intakeErrors,
  ...archiveErrors,
  ...dicomErrors,
  ...imageErrors,
  ...studyErrors,
  ...deliveryErrors,
  ...settingsErrors,
};
export type ErrorCode = keyof typeof errorCatalogue;

export const catalogueOf = (code: ErrorCode): CatalogueEntry => errorCatalogue[code];

/** `refused`: this file does not go to the PACS. `warning`: it goes, or was clutter, and the person is told. */
export type Severity = "warning" | "refused";

/** What intake has to say about a file or the whole upload. */
export interface Finding {
  readonly code: ErrorCode;
  readonly severity: Severity;
  /** What is wrong, in a plain sentence; what to do stands in the catalogue. */
  readonly message: string;
  /** As the sender knows it; a member of an archive is `archive.zip/path`. */
  readonly fileName?: string;
}
