import type { Grouped } from "./grouping.ts";

/** Page to worker. Files come in portions: to hand over ten thousand at once would hold the page up. */
export type ScanRequest =
  | { readonly kind: "files"; readonly files: readonly { readonly name: string; readonly file: File }[] }
  | { readonly kind: "group" };

/** Worker to page. */
export type ScanAnswer =
  | { readonly kind: "progress"; readonly done: number /** What was handed over is read. */; readonly idle: boolean }
  | {
      readonly kind: "grouped";
      readonly grouped: Grouped;
      readonly headers: readonly [index: number, sopInstanceUID: string][];
    }
  | { readonly kind: "failed" };
