/** What sets one DICOMweb archive apart from another (PACS-FACTS); the configuration may change its figures. */
export interface StowProfile {
  /** Default of batch_instances and batch_bytes. */
  readonly batch: { readonly instances: number; readonly bytes: number };
  /** Largest request it takes, bytes: a larger image is refused without being sent. Null: nobody knows. */
  readonly mostRequestBytes: number | null;
  /** Takes explicit VR alone. */
  readonly explicitVR: boolean;
  /** How retrieval is asked for, where not in the syntax it is stored in; and whether a difference then proves anything. */
  readonly retrieval: { readonly accept?: string; readonly asStored: boolean };
  /** From this WarningReason on it says that it keeps an image beside another one; null: it never says so. */
  readonly besideFrom: number | null;
}

/** PS3.18 and no more: Sectra and others, of which nothing is known beforehand. */
export const plainProfile: StowProfile = {
  // Orthanc holds a request in memory.
  batch: { instances: 100, bytes: 209_715_200 },
  mostRequestBytes: null,
  explicitVR: false,
  retrieval: { asStored: true },
  besideFrom: null,
};
