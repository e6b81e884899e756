/** Everything of a patient lies sealed on the device: AES-GCM, a key per study that no script can read out, gone with the study. */
const ivBytes = 12;

export const newKey = (): Promise<CryptoKey> =>
  crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

/** @returns the nonce and behind it the sealed bytes; a random nonce is good for 2^32 seals of one key (NIST SP 800-38D 8.3) */
export async function seal(key: CryptoKey, bytes: BufferSource): Promise<ArrayBuffer> {
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
  const both = new Uint8Array(ivBytes + sealed.length);
  both.set(iv);
  both.set(sealed, ivBytes);
  return both.buffer;
}

/** @throws DOMException OperationError where the bytes are not those that were sealed */
export async function unseal(key: CryptoKey, sealed: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  const iv = new Uint8Array(sealed, 0, ivBytes);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, new Uint8Array(sealed, ivBytes)));
}

export const sealText = (key: CryptoKey, text: string) => seal(key, new TextEncoder().encode(text));
export const sealJson = (key: CryptoKey, value: unknown) => sealText(key, JSON.stringify(value));
export const unsealJson = async <T>(key: CryptoKey, sealed: ArrayBuffer): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await unseal(key, sealed))) as T;

export async function sha256Hex(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
