import { filesPerPortion } from "../core/portions.ts";
import { type Found, group } from "./grouping.ts";
import { look } from "./look.ts";
import type { RunningHash } from "./running-hash.ts";
import type { ScanAnswer, ScanRequest } from "./scan-messages.ts";

/** Reads headers, and hashes large files, beside the page, so that the page never stands still. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ScanRequest>) => void) | null;
  postMessage(answer: ScanAnswer): void;
}
const scope = globalThis as unknown as WorkerScope;

/** Files read at once: more only wait for each other. */
const readers = 4;
const chosen: { name: string; size: number }[] = [];
const found: Found[] = [];
let work: Promise<void> = Promise.resolve();
let told = 0;
/** Per ZIP: how many of its entries are read. */
const zips = new Map<number, { done: number; total: number }>();
let hash: Promise<RunningHash> | null = null;

scope.onmessage = ({ data }) => {
  work = work.then(() => take(data)).catch(() => scope.postMessage({ kind: "failed" }));
};

function take(request: ScanRequest): Promise<void> | void {
  if (request.kind === "files") return read(request.files);
  if (request.kind === "group") return answer();
  return hashed(request);
}

/** The hash is loaded when the first large file comes. */
async function hashed(request: Exclude<ScanRequest, { kind: "files" | "group" }>): Promise<void> {
  hash ??= import("./running-hash.ts").then(({ runningHash }) => runningHash());
  const running = await hash;
  if (request.kind === "hash") {
    running.update(new Uint8Array(request.bytes));
    scope.postMessage({ kind: "hashed" });
    return;
  }
  hash = null;
  scope.postMessage({ kind: "digest", sha256: running.hex() });
}

function tell(idle: boolean): void {
  const now = performance.now();
  if (!idle && now - told < 100) return;
  told = now;
  const inside = { done: 0, total: 0 };
  for (const { done, total } of zips.values()) {
    inside.done += done;
    inside.total += total;
  }
  scope.postMessage({ kind: "progress", done: found.length, inside, idle });
}

async function read(files: readonly { readonly name: string; readonly file: File }[]): Promise<void> {
  const start = chosen.length;
  for (const { name, file } of files) chosen.push({ name, size: file.size });
  const queue = files.entries();
  const reader = async () => {
    for (const [at, { name, file }] of queue) {
      const inside = (done: number, total: number) => {
        zips.set(start + at, { done, total });
        tell(false);
      };
      found.push(await look(start + at, name, file, inside));
      tell(false);
    }
  };
  await Promise.all(Array.from({ length: readers }, reader));
  tell(true);
}

function answer(): void {
  found.sort((a, b) => a.index - b.index);
  const grouped = group(found, chosen, () => crypto.randomUUID());
  const headers = found.flatMap((one): [number, string][] =>
    one.kind === "dicom" ? [[one.index, one.header.sopInstanceUID]] : [],
  );
  for (let at = 0; at < headers.length; at += filesPerPortion)
    scope.postMessage({ kind: "headers", headers: headers.slice(at, at + filesPerPortion) });
  scope.postMessage({ kind: "grouped", grouped });
}
