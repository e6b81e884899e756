import { randomBytes } from "node:crypto";
import { Secret } from "otpauth";

/** 80 random bits in RFC 4648's alphabet, in groups of four to be read out or written down. */
export function newCode(): string {
  const text = new Secret({ buffer: new Uint8Array(randomBytes(10)).buffer }).base32;
  return (text.match(/.{4}/g) ?? []).join("-");
}

/** A code without what people put between its groups. */
export const bareCode = (text: string): string => text.replaceAll(/[\s-]/g, "").toUpperCase();
