import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One task of the page's own thread; milliseconds. */
export interface Task {
  /** On the clock of the marks. */
  readonly at: number;
  readonly wall: number;
  /** What of it is script: handlers, microtasks, the collector where script called it. */
  readonly script: number;
  /** Processor time of the thread in it: what is left of `wall` went to others of the machine, or was waited for. */
  readonly processor: number;
}
export interface Trace {
  readonly tasks: readonly Task[];
  /** `performance.mark`s by name. */
  readonly marks: ReadonlyMap<string, number>;
}

interface TraceEvent {
  readonly name: string;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
}
interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly stream?: string };
  readonly result?: { readonly data?: string; readonly eof?: boolean };
}

const isScript =
  /"name":"(?:FunctionCall|RunMicrotasks|EventDispatch|TimerFire|XHR\w+|EvaluateScript|v8\.evaluateModule)"/;
const isTask = /"name":"(?:ThreadControllerImpl::)?RunTask"/;
const categories = ["toplevel", "devtools.timeline", "blink.user_timing"];

/** Chromium's own trace, over a connection that watches nothing else of the page. @param started a mark that the page makes after this */
export async function startTrace(profile: string, started: string): Promise<{ stop(): Promise<Trace> }> {
  const [port, path] = readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n");
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const waiting = new Map<number, (answer: Answer) => void>();
  const ended = Promise.withResolvers<string>();
  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    else if (answer.method === "Tracing.tracingComplete") ended.resolve(answer.params?.stream ?? "");
  });
  let last = 0;
  const send = (method: string, params: object = {}): Promise<Answer> => {
    const id = ++last;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  const traceConfig = {
    recordMode: "recordUntilFull",
    traceBufferSizeInKb: 1_000_000,
    includedCategories: categories,
    excludedCategories: ["*"],
  };
  await send("Tracing.start", { transferMode: "ReturnAsStream", traceConfig });
  return {
    stop: async () => {
      await send("Tracing.end");
      const handle = await ended.promise;
      const kept: TraceEvent[][] = [[], [], []];
      let rest = "";
      for (;;) {
        const { result } = await send("IO.read", { handle, size: 4_194_304 });
        const lines = (rest + (result?.data ?? "")).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) keep(line, kept);
        if (result?.eof !== false) break;
      }
      socket.close();
      return traceOf(kept, started);
    },
  };
}

/** One event stands on a line; most are of no interest and are not parsed. */
function keep(line: string, [tasks, scripts, marks]: TraceEvent[][]): void {
  const into = isTask.test(line) ? tasks : isScript.test(line) ? scripts : line.includes("user_timing") ? marks : null;
  if (into === null || into === undefined) return;
  if (into !== marks && !/"dur":\d{4,}/.test(line)) return; // below a millisecond
  into.push(JSON.parse(line.replace(/,?\s*$/, "")) as TraceEvent);
}

function traceOf([tasks = [], scripts = [], marks = []]: TraceEvent[][], started: string): Trace {
  const tid = marks.find(({ name }) => name === started)?.tid;
  const mine = (events: TraceEvent[]) => events.filter((event) => event.tid === tid).sort((a, b) => a.ts - b.ts);
  const calls = mine(scripts);
  let next = 0;
  return {
    marks: new Map(marks.filter((mark) => mark.tid === tid).map(({ name, ts }) => [name, ts / 1000])),
    tasks: mine(tasks).map(({ ts, dur = 0, tdur = 0 }) => {
      let script = 0;
      let until = 0;
      for (; (calls[next]?.ts ?? Number.POSITIVE_INFINITY) < ts + dur; next++) {
        const call = calls[next];
        if (call === undefined || call.ts < Math.max(ts, until)) continue; // inside of another
        script += call.dur ?? 0;
        until = call.ts + (call.dur ?? 0);
      }
      return { at: ts / 1000, wall: dur / 1000, script: script / 1000, processor: tdur / 1000 };
    }),
  };
}
