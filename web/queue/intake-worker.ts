import { type Found, group } from "./grouping.ts";
import { look } from "./look.ts";
import type { ScanAnswer, ScanRequest } from "./scan-messages.ts";

/** Reads headers beside the page, so that the page never stands still. */
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

scope.onmessage = ({ data }) => {
  work = work
    .then(() => (data.kind === "files" ? read(data.files) : answer()))
    .catch(() => scope.postMessage({ kind: "failed" }));
};

async function read(files: readonly { readonly name: string; readonly file: File }[]): Promise<void> {
  const start = chosen.length;
  for (const { name, file } of files) chosen.push({ name, size: file.size });
  const queue = files.entries();
  const reader = async () => {
    for (const [at, { name, file }] of queue) {
      found.push(await look(start + at, name, file));
      const now = performance.now();
      if (now - told < 100) continue;
      told = now;
      scope.postMessage({ kind: "progress", done: found.length, idle: false });
    }
  };
  await Promise.all(Array.from({ length: readers }, reader));
  scope.postMessage({ kind: "progress", done: found.length, idle: true });
}

function answer(): void {
  found.sort((a, b) => a.index - b.index);
  const grouped = group(found, chosen, () => crypto.randomUUID());
  const headers = found.flatMap((one): [number, string][] =>
    one.kind === "dicom" ? [[one.index, one.header.sopInstanceUID]] : [],
  );
  scope.postMessage({ kind: "grouped", grouped, headers });
}
