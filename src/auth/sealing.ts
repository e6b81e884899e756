import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Bytes of AES-GCM's nonce and tag (NIST SP 800-38D 8.2, 5.2.1.2). */
const [nonceBytes, tagBytes] = [12, 16];

/** Keeps text unreadable and unchangeable in the database without the box's key. */
export interface Sealer {
  /** @param of what it belongs to; it opens for that alone */
  seal(text: string, of: string): string;
  /** @throws Error where it was changed, or belongs to something else */
  open(sealed: string, of: string): string;
}

/** AES-256-GCM under a key of its own, derived for this purpose (RFC 5869). */
export function createSealer(boxKey: Uint8Array, purpose: string): Sealer {
  const key = new Uint8Array(hkdfSync("sha256", boxKey, "", `relaypacs ${purpose}`, 32));
  return {
    seal: (text, of) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(of));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
    },
    open: (sealed, of) => {
      const bytes = Buffer.from(sealed, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(of))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const body = decipher.update(bytes.subarray(nonceBytes + tagBytes));
      return Buffer.concat([body, decipher.final()]).toString("utf8");
    },
  };
}
