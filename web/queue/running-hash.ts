import { sha256 } from "@noble/hashes/sha2.js";

/** SHA-256 of bytes that come in parts: WebCrypto takes a file only as a whole, and the policy of the page allows no WebAssembly. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** Hexadecimal; ends it. */
  hex(): string;
}

export function runningHash(): RunningHash {
  const running = sha256.create();
  return {
    update: (bytes) => void running.update(bytes),
    hex: () => Array.from(running.digest(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
}
