import pino from "pino";
import { allowedFields, isEventName, type LogFields } from "./log-fields.ts";

export { errorFields, type LogField, type LogFields } from "./log-fields.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";
/** The names journald and syslog know, with pino's order. */
const levels: Record<LogLevel, number> = { debug: 20, info: 30, warning: 40, error: 50 };

export interface Log {
  /** Writes one event. Fields outside the list of log-fields.ts, and values not of their form, are dropped. */
  event(name: string, fields?: LogFields, level?: LogLevel): void;
}

/** A log over a stream of lines. */
export function createLog(stream: { write(line: string): void }): Log {
  const logger = pino<LogLevel>(
    {
      base: null,
      customLevels: levels,
      useOnlyCustomLevels: true,
      level: "info",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    event(name, fields = {}, level = "info") {
      logger[level]({ event: isEventName(name) ? name : "unnamed", ...allowedFields(fields) });
    },
  };
}

const held: string[] = [];
const heldAtMost = 1000;
let sink: { write(line: string): void } | null = null;

/** The process's log. Lines are held back until `openLog`: the first line on stdout is the server's address (CONTRACT §1). */
export const log: Log = createLog({
  write(line) {
    if (sink !== null) sink.write(line);
    else if (held.length < heldAtMost) held.push(line);
  },
});

/** From here on events go to stdout, beginning with those that were held back. */
export function openLog(): void {
  const stdout = pino.destination({ fd: 1, sync: true });
  stdout.on("error", () => {}); // whoever read stdout is gone; the server goes on
  sink = stdout;
  for (const line of held.splice(0)) stdout.write(line);
}

const consoleMethods = ["log", "info", "warn", "error", "debug", "trace", "dir", "table"] as const;

/** Libraries cannot print: what they say to the console may quote a file's bytes (T23), so only the fact is logged. */
export function captureConsole(target: Pick<Console, (typeof consoleMethods)[number]> = console, to: Log = log): void {
  for (const method of consoleMethods) {
    target[method] = () => to.event("library.console", { console_method: method }, "warning");
  }
}
