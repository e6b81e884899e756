import { fstatSync } from "node:fs";
import pino from "pino";
import { type LogEvent, type LogLevel, logEvents } from "./log-events.ts";
import { allowedFields, type LogFields } from "./log-fields.ts";

export type { LogEvent, LogLevel } from "./log-events.ts";
export { errorFields, type LogField, type LogFields } from "./log-fields.ts";

/** The names journald and syslog know, with pino's order. */
const levels: Record<LogLevel, number> = { debug: 20, info: 30, warning: 40, error: 50 };

export interface Log {
  /** Writes one event, at the level that log-events.ts gives it. Fields outside the list of log-fields.ts, and values not of their form, are dropped. */
  event(name: LogEvent, fields?: LogFields): void;
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
    event(name, fields = {}) {
      const known = Object.hasOwn(logEvents, name);
      logger[known ? logEvents[name] : "info"]({ event: known ? name : "unnamed", ...allowedFields(fields) });
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

/** sd-daemon(3): what journald files a line under, and takes off it. */
const priorities: Record<LogLevel, string> = { error: "<3>", warning: "<4>", info: "<6>", debug: "<7>" };
const levelIn = /^\{"level":"(\w+)"/;

/** A line as it goes to journald: with its level in front. */
export const forJournal = (line: string): string => (priorities[levelIn.exec(line)?.[1] as LogLevel] ?? "") + line;

/**
 * From here on events go to stdout, beginning with those that were held back.
 * @param journal JOURNAL_STREAM as systemd sets it: device and inode of what it reads (systemd.exec(5))
 */
export function openLog(journal?: string): void {
  const stdout = pino.destination({ fd: 1, sync: true });
  stdout.on("error", () => {}); // whoever read stdout is gone; the server goes on
  const { dev, ino } = fstatSync(1);
  const shaped = journal === `${dev}:${ino}` ? forJournal : (line: string) => line;
  sink = { write: (line) => void stdout.write(shaped(line)) };
  for (const line of held.splice(0)) sink.write(line);
}

const consoleMethods = ["log", "info", "warn", "error", "debug", "trace", "dir", "table"] as const;

/** Libraries cannot print: what they say to the console may quote a file's bytes (T23), so only the fact is logged. */
export function captureConsole(target: Pick<Console, (typeof consoleMethods)[number]> = console, to: Log = log): void {
  for (const method of consoleMethods) {
    target[method] = () => to.event("library.console", { console_method: method });
  }
}
