/** PS3.5 6.2, VR AE: at most 16 characters of the default repertoire, no backslash, no control, not spaces alone. */
const AE_TITLE = /^(?=.*[^ ])[\x20-\x5b\x5d-\x7e]{1,16}$/;

/** The 16 bytes of an AE title, padded with spaces. @throws RangeError where it is none. */
export function aeTitleBytes(title: string): Uint8Array {
  if (!AE_TITLE.test(title))
    throw new RangeError("An AE title has 1 to 16 printable ASCII characters and no backslash.");
  return Buffer.from(title.padEnd(16, " "), "latin1");
}
