import { until } from "../support/child.ts";
import { atRest, type Client, type Opened, type SendFile, type Status } from "../support/client.ts";

/** A sender that is cut off again and again and goes on where the box says it stands. */
export interface StubbornUpload {
  readonly uploadId: string;
  /** Chunks the box has answered, as "file_id chunk". */
  readonly acknowledged: ReadonlySet<string>;
  /** Chunks the box asked for although it had acknowledged them; empty in a good test. */
  readonly askedAgain: readonly string[];
  /** Sends, completes and waits until it rests, whatever happens to the box meanwhile. */
  finish(milliseconds: number): Promise<Status>;
}

const sideBySide = 4;

/** Asks until an answer comes: the box may be down at the moment. */
async function persist<T>(what: string, ask: () => Promise<T>): Promise<T> {
  let answer: { readonly value: T } | undefined;
  await until(what, async () => {
    answer = await ask().then(
      (value) => ({ value }),
      () => undefined,
    );
    return answer !== undefined;
  });
  return (answer as { readonly value: T }).value;
}

/** Opens the upload; `random` decides how many chunks a request carries, `more` is said at init beside the files. */
export async function stubbornUpload(
  client: Client,
  files: readonly SendFile[],
  random: () => number,
  more: Record<string, unknown> = {},
): Promise<StubbornUpload> {
  const chunkSize = 16_384;
  const opened: Opened = await client.init({
    total_files: files.length,
    total_size_bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    chunk_size: chunkSize,
    files: files.map(({ name, bytes }, index) => ({ file_id: `f${index}`, name, size_bytes: bytes.length })),
    ...more,
  });
  const acknowledged = new Set<string>();
  const askedAgain: string[] = [];
  const byId = new Map(files.map(({ bytes }, index) => [`f${index}`, bytes]));

  /** Requests of one to eight chunks that carry exactly what is missing. */
  function* requests(status: Status): Generator<readonly [fileId: string, first: number, count: number]> {
    for (const { file_id, missing } of status.files)
      for (const [first, last] of missing)
        for (let at = first; at <= last; ) {
          const count = Math.min(1 + Math.floor(random() * 8), last - at + 1);
          yield [file_id, at, count];
          at += count;
        }
  }

  /** Stops at the first cut: what is missing then, the status says. */
  async function sendMissing(status: Status): Promise<void> {
    const queue = requests(status);
    const lane = async () => {
      for (const [fileId, first, count] of queue) {
        const bytes = byId.get(fileId)?.subarray(first * chunkSize, (first + count) * chunkSize);
        if (!bytes) throw new Error("a file nobody sent");
        const answer = await client.chunk(opened, fileId, first, bytes).catch(() => null);
        if (answer === null) return;
        if (answer.status === 503 || answer.status === 507) continue; // busy or full: the status says what is missing
        if (!answer.ok) throw new Error(`chunk: ${answer.status} ${await answer.text()}`);
        await answer.body?.cancel();
        for (let chunk = first; chunk < first + count; chunk++) acknowledged.add(`${fileId} ${chunk}`);
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, lane));
  }

  async function finish(milliseconds: number): Promise<Status> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const status = await persist("the box to answer", () => client.status(opened.upload_id));
      if (atRest.has(status.state)) return status;
      if (performance.now() > deadline) throw new Error(`the upload is still ${status.state}`);
      if (status.state !== "receiving") {
        await Bun.sleep(20);
        continue;
      }
      for (const { file_id, missing } of status.files)
        for (const [first, last] of missing)
          for (let chunk = first; chunk <= last; chunk++)
            if (acknowledged.has(`${file_id} ${chunk}`)) askedAgain.push(`${file_id} ${chunk}`);
      await sendMissing(status);
      await client.complete(opened).catch(() => null); // unfinished: 409; then the loop goes on
    }
  }
  return { uploadId: opened.upload_id, acknowledged, askedAgain, finish };
}
