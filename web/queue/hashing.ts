import { intakeWorkerUrl } from "../core/build-values.ts";
import type { ScanAnswer, ScanRequest } from "./scan-messages.ts";
import { sha256Hex } from "./sealing.ts";

/** Files up to here are hashed at once by the browser; larger ones in parts, in a worker, by plain JavaScript. */
export const wholeUpTo = 33_554_432;
/** Parts on their way to the worker at once; more would pile up in memory. */
const mostOpen = 16;
const partBytes = 1_048_576;

/** Hashes one file after another in a worker of its own. */
export class FileHasher {
  private worker: Worker | null = null;
  private readonly open: PromiseWithResolvers<void>[] = [];
  private digested: PromiseWithResolvers<string> | null = null;
  private failed = false;

  /** @param bytes given away: nobody may read them afterwards */
  async update(bytes: ArrayBuffer): Promise<void> {
    if (this.failed) return;
    const taken = Promise.withResolvers<void>();
    this.open.push(taken);
    this.post({ kind: "hash", bytes }, [bytes]);
    if (this.open.length > mostOpen) await this.open[0]?.promise;
  }

  /** @returns hexadecimal; "" where the worker does not run: the file then goes without, as it may */
  digest(): Promise<string> {
    if (this.failed) return Promise.resolve("");
    this.digested = Promise.withResolvers<string>();
    this.post({ kind: "digest" }, []);
    return this.digested.promise;
  }

  end(): void {
    this.worker?.terminate();
  }

  private post(request: ScanRequest, given: Transferable[]): void {
    this.worker ??= this.start();
    this.worker.postMessage(request, given);
  }
  private start(): Worker {
    const worker = new Worker(intakeWorkerUrl, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<ScanAnswer>) => {
      if (data.kind === "hashed") this.open.shift()?.resolve();
      else if (data.kind === "digest") this.digested?.resolve(data.sha256);
      else if (data.kind === "failed") this.giveUp();
    };
    worker.onerror = () => this.giveUp();
    return worker;
  }
  private giveUp(): void {
    this.failed = true;
    for (const { resolve } of this.open.splice(0)) resolve();
    this.digested?.resolve("");
  }
}

/**
 * SHA-256 of files that are not stored, each read once.
 * @param read told of bytes that were read
 * @returns hexadecimal, one per file
 * @throws DOMException NotReadableError where a file is gone; AbortError when stopped
 */
export async function hashesOf(
  files: readonly Blob[],
  read: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const hasher = new FileHasher();
  const hashes: string[] = [];
  try {
    for (const file of files) {
      signal.throwIfAborted();
      if (file.size <= wholeUpTo) {
        hashes.push(await sha256Hex(await file.arrayBuffer()));
        read(file.size);
        continue;
      }
      for (let at = 0; at < file.size; at += partBytes) {
        signal.throwIfAborted();
        const bytes = await file.slice(at, at + partBytes).arrayBuffer();
        read(bytes.byteLength);
        await hasher.update(bytes);
      }
      hashes.push(await hasher.digest());
    }
    return hashes;
  } finally {
    hasher.end();
  }
}
