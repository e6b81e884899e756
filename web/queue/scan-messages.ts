import type { Grouped } from "./grouping.ts";

/** Page to worker. Files come in portions: to hand over ten thousand at once would hold the page up. */
export type ScanRequest =
  | { readonly kind: "files"; readonly files: readonly { readonly name: string; readonly file: File }[] }
  | { readonly kind: "group" }
  /** The next bytes of the file that is hashed; they are given away. */
  | { readonly kind: "hash"; readonly bytes: ArrayBuffer }
  /** Its bytes have ended. */
  | { readonly kind: "digest" };

/** Worker to page. */
export type ScanAnswer =
  | {
      readonly kind: "progress";
      readonly done: number;
      /** Entries of the ZIPs among them, which are looked into one by one. */
      readonly inside: { readonly done: number; readonly total: number };
      /** What was handed over is read. */
      readonly idle: boolean;
    }
  /** A portion of what was read: by the number of the file. */
  | { readonly kind: "headers"; readonly headers: readonly (readonly [index: number, sopInstanceUID: string])[] }
  | { readonly kind: "grouped"; readonly grouped: Grouped }
  /** Bytes were taken: more may come. */
  | { readonly kind: "hashed" }
  /** Hexadecimal SHA-256. */
  | { readonly kind: "digest"; readonly sha256: string }
  | { readonly kind: "failed" };
