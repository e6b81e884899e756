/** What the stream and a HEAD of it say of it: JSON Lines, one value a line. */
export const lineStreamType = "application/jsonl";

/**
 * Answers each value as soon as it is there, one line of JSON for each. A stream that breaks off has no last line: whoever reads it looks for that.
 * @param values made while they are read; told by the signal when nobody reads any more
 */
export function lineStream(values: (gone: AbortSignal) => AsyncIterable<unknown>): Response {
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const source = values(gone.signal)[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    cancel: () => {
      gone.abort(new DOMException("nobody reads it", "AbortError"));
      // Suspended at a value that nobody took, it would never clean up; not awaited, because its work may take long to end.
      void Promise.resolve(source.return?.()).catch(() => undefined);
    },
  });
  return new Response(body, {
    headers: { "content-type": lineStreamType, "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}
