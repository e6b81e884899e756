/** The box sends a comment at least every 20 s: a stream that is quiet for longer leads nowhere any more. */
const usualPatienceMs = 45_000;

/**
 * Reads server-sent events, each with one line of data, until the stream ends or stays quiet for too long.
 * @returns "": nothing is left. By fetch, for an EventSource could not show its token, which stands in no address.
 */
export async function readEvents(
  answer: Response,
  heard: (data: string) => void,
  patienceMs = usualPatienceMs,
): Promise<""> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return "";
  let text = "";
  for (;;) {
    const quiet = setTimeout(() => void reader.cancel().catch(() => undefined), patienceMs);
    const { done, value } = await reader.read().finally(() => clearTimeout(quiet));
    if (done) return "";
    const events = (text + value).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) heard(data);
    }
  }
}
