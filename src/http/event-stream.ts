/** At most four a second (CONTRACT §3). */
const leastGapMs = 250;
/** A comment now and then keeps proxies from closing a quiet stream, and a look then ends one whose reader may no longer see it. */
const keepAliveEveryMs = 20_000;
/** What the stream and a HEAD of it say of it. */
export const eventStreamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
} as const;

/**
 * Server-sent events: one at once, one per change, the last one ends the stream.
 * @param source.look reads the present state; called when something changed and now and then; an error ends the stream
 */
export function eventStream(source: {
  /** Of the events. */
  name?: string;
  listen: (listener: () => void) => () => void;
  look: () => { data: string; last: boolean };
  signal: AbortSignal;
  /** Called once, when the stream is over. */
  ended?: () => void;
  keepAliveMs?: number;
}): Response {
  const encoder = new TextEncoder();
  const { name = "status" } = source;
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let sent = "";
      let lastAt = Number.NEGATIVE_INFINITY;
      let ended = false;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const send = () => {
        clearTimeout(timer);
        timer = undefined;
        try {
          const { data, last } = source.look();
          if (data !== sent) controller.enqueue(encoder.encode(`event: ${name}\ndata: ${data}\n\n`));
          sent = data;
          lastAt = performance.now();
          if (last) end();
        } catch {
          end(); // gone, or the reader is
        }
      };
      const keepAlive = setInterval(() => {
        send();
        if (!ended) controller.enqueue(encoder.encode(":\n\n"));
      }, source.keepAliveMs ?? keepAliveEveryMs);
      const unlisten = source.listen(() => {
        timer ??= setTimeout(send, Math.max(0, lastAt + leastGapMs - performance.now()));
      });
      stop = () => {
        if (!ended) source.ended?.();
        ended = true;
        clearTimeout(timer);
        clearInterval(keepAlive);
        unlisten();
      };
      const end = () => {
        stop();
        try {
          controller.close();
        } catch {
          // Already cancelled by the reader.
        }
      };
      source.signal.addEventListener("abort", end);
      send();
    },
    cancel: () => stop(),
  });
  return new Response(body, { headers: eventStreamHeaders });
}
