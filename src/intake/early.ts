import { statSync } from "node:fs";
import type { Config } from "../core/config-schema.ts";
import { hashInstance } from "../dicom/data-set-bytes.ts";
import { inspect } from "../dicom/inspect.ts";
import type { Inspection } from "../dicom/inspection.ts";
import type { Spool } from "../upload/spool.ts";
import { type FileKind, sniff } from "./sniff.ts";

/** A received file of which the last byte is on record. */
export interface WholeFile {
  readonly uploadId: string;
  readonly fileRow: number;
  readonly size: number;
  /** Of its bytes, hex, where they came in one request. */
  readonly sha256: string | undefined;
}

/** What was seen of a file while others arrived. */
export interface EarlyLook {
  readonly size: number;
  readonly sha256: string | undefined;
  readonly kind?: FileKind;
  readonly inspection?: Inspection;
}

export interface Early {
  /** Looks at the file when there is time. */
  whole(file: WholeFile): void;
  /** Hands over what is known of an upload's files, by row, and looks no further. */
  take(uploadId: string): ReadonlyMap<number, EarlyLook>;
  /** Whether some file still waits to be looked at. */
  busy(): boolean;
}

/** Files known or waiting at once, over all uploads: about 2 kB each; beyond that the upload that began first is forgotten. */
const defaultMost = 20_000;

interface Entry {
  look: EarlyLook;
  /** What the look was made by; another configuration looks again. */
  readonly extraSopClasses: readonly string[];
}

/**
 * Tells and inspects files while others arrive, one at a time. It is only a cache, and nothing is wrong without it: what is not
 * in it, as after a restart, is looked at when the upload is complete.
 */
export function createEarly(deps: { spool: Spool; config: () => Config; most?: number }): Early {
  const { spool, config, most = defaultMost } = deps;
  const uploads = new Map<string, Map<number, Entry>>();
  const waiting = new Set<{ readonly file: WholeFile; readonly entry: Entry }>();
  let count = 0;
  let working = false;

  function forget(uploadId: string): void {
    count -= uploads.get(uploadId)?.size ?? 0;
    uploads.delete(uploadId);
  }

  async function work(): Promise<void> {
    for (const next of waiting) {
      waiting.delete(next);
      const { file, entry } = next;
      if (uploads.get(file.uploadId)?.get(file.fileRow) !== entry) continue;
      const path = spool.path(file.uploadId, spool.receivedFile(file.fileRow));
      entry.look = await lookAt(path, file, entry.extraSopClasses).catch(() => entry.look); // the upload may have ended
    }
    working = false;
  }

  return {
    busy: () => working,
    whole: (file) => {
      const { uploadId, fileRow, size, sha256 } = file;
      const of = uploads.get(uploadId) ?? new Map<number, Entry>();
      uploads.set(uploadId, of);
      if (!of.has(fileRow)) count += 1;
      const entry = { look: { size, sha256 }, extraSopClasses: config().intake.extra_sop_classes };
      of.set(fileRow, entry);
      for (const oldest of uploads.keys()) if (count > most) forget(oldest);
      waiting.add({ file, entry });
      if (working) return;
      working = true;
      setImmediate(() => void work());
    },
    take: (uploadId) => {
      const inForce = config().intake.extra_sop_classes;
      const taken = [...(uploads.get(uploadId) ?? [])].map(([row, { look, extraSopClasses }]): [number, EarlyLook] =>
        extraSopClasses === inForce ? [row, look] : [row, { size: look.size, sha256: look.sha256 }],
      );
      forget(uploadId);
      return new Map(taken);
    },
  };
}

/** @throws the error of the operating system where the file cannot be read */
async function lookAt(path: string, file: WholeFile, extraSopClasses: readonly string[]): Promise<EarlyLook> {
  const { size, sha256 } = file;
  // A refused request may have written past the end of a file whose size was not known yet.
  if (statSync(path).size !== size) return { size, sha256 };
  const kind = await sniff(path);
  if (kind !== "dicom" && kind !== "maybe-dicom") return { size, sha256, kind };
  const inspection = await inspect(path, { extraSopClasses });
  const hash = sha256 ?? (inspection.kind === "instance" ? await hashInstance(path, null, 0) : undefined);
  return { size, sha256: hash, kind, inspection };
}
