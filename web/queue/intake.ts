import type { ExpectedStudy } from "../../src/contract/upload.ts";
import { intakeWorkerUrl } from "../core/build-values.ts";
import type { Grouped } from "./grouping.ts";
import type { ScanAnswer, ScanRequest } from "./scan-messages.ts";
import type { ChosenFile, DraftStudy, ScanResult } from "./types.ts";

/** What a scan learned that the screens need not know; goes along when the study is added. */
export interface ScanMemory {
  readonly expected: Map<string, readonly ExpectedStudy[]>;
  readonly sopInstanceUIDs: WeakMap<File, string>;
}
export const createScanMemory = (): ScanMemory => ({ expected: new Map(), sopInstanceUIDs: new WeakMap() });

/** Files handed to the worker at once; the next go when these are read. */
const portion = 64;

/**
 * Reads headers in a worker of its own and groups into studies.
 * @throws DOMException AbortError when stopped; Error where the worker cannot run
 */
export async function scanFiles(
  files: readonly ChosenFile[],
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
  memory: ScanMemory,
): Promise<ScanResult> {
  signal.throwIfAborted();
  const lost = files.filter(({ unreadable }) => unreadable).map(({ name }) => name);
  const opened = lost.length === 0 ? files : files.filter(({ unreadable }) => !unreadable);
  const worker = new Worker(intakeWorkerUrl, { type: "module" });
  const stop = Promise.withResolvers<never>();
  const onAbort = () => stop.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    const result = await Promise.race([stop.promise, run(worker, opened, progress, memory)]);
    return { ...result, unreadable: [...lost, ...result.unreadable] };
  } finally {
    signal.removeEventListener("abort", onAbort);
    worker.terminate();
  }
}

function run(
  worker: Worker,
  files: readonly ChosenFile[],
  progress: (done: number, total: number) => void,
  memory: ScanMemory,
): Promise<ScanResult> {
  return new Promise((resolve, reject) => {
    let handed = 0;
    const post = (request: ScanRequest) => worker.postMessage(request);
    const next = () => {
      const part = files.slice(handed, handed + portion).map(({ name, file }) => ({ name, file }));
      handed += part.length;
      post(part.length > 0 ? { kind: "files", files: part } : { kind: "group" });
    };
    worker.onerror = () => reject(new Error("The files could not be looked at."));
    worker.onmessage = ({ data }: MessageEvent<ScanAnswer>) => {
      if (data.kind === "failed") reject(new Error("The files could not be looked at."));
      else if (data.kind === "progress") {
        progress(data.done + data.inside.done, files.length + data.inside.total);
        if (data.idle) next();
      } else if (data.kind === "headers") {
        for (const [index, uid] of data.headers) {
          const file = files[index]?.file;
          if (file) memory.sopInstanceUIDs.set(file, uid);
        }
      } else if (data.kind === "grouped") {
        resolve(resultOf(data.grouped, files, memory));
      }
    };
    next();
  });
}

function resultOf(grouped: Grouped, files: readonly ChosenFile[], memory: ScanMemory): ScanResult {
  const studies = grouped.drafts.map(({ expected, files: indexes, ...draft }): DraftStudy => {
    memory.expected.set(draft.id, expected);
    return { ...draft, files: indexes.flatMap((index) => files[index] ?? []) };
  });
  return {
    studies,
    leftOut: grouped.leftOut,
    unreadable: grouped.unreadable.flatMap((index) => files[index]?.name ?? []),
  };
}
