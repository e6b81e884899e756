/** The package ships no types. */
declare module "dicom-character-set" {
  /** @throws Error on an unknown character set or escape sequence */
  export function convertBytes(
    specificCharacterSet: string,
    bytes: Uint8Array,
    options?: { readonly vr?: string },
  ): string;
}
