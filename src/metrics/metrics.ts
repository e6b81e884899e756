import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Log, LogFields } from "../core/log.ts";
import { version } from "../core/version.ts";

/** What the box tells a Prometheus. Labels are ids of the configuration, states and codes: nothing of a patient, a user or a UID. */
export interface Metrics {
  /** Counts an event of the log. */
  observe(event: string, fields: LogFields): void;
  /** Counts a chunk request: "ok", or the code it was refused with. */
  chunks(result: string, bytes: number): void;
  /** The text of GET /metrics, and its content type. */
  text(): Promise<{ readonly body: string; readonly type: string }>;
}

/** What is asked for at each scrape; see db/figures.ts. */
export interface Figures {
  readonly uploads: () => readonly { readonly state: string; readonly count: number }[];
  readonly waiting: () => readonly {
    readonly destinationId: string;
    readonly state: string;
    readonly priority: number;
    readonly count: number;
    /** Milliseconds since 1970. */
    readonly oldest: number | null;
  }[];
  readonly parked: () => readonly {
    readonly destinationId: string;
    readonly code: string | null;
    readonly count: number;
  }[];
  readonly spoolBytes: () => number;
  readonly freeBytes: () => number;
  readonly destinations: () => readonly string[];
  readonly isDown: (destinationId: string) => boolean;
  /** Milliseconds since 1970; undefined where there is none. */
  readonly certificateEnds: () => number | undefined;
  readonly lastBackup: () => number | undefined;
}

/** From a second to three days: what a study takes to its archive. */
const durations = [1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, 3600, 14_400, 86_400, 259_200];
/** From 64 kbit/s to 1 Gbit/s. */
const lineRates = [8e3, 32e3, 125e3, 5e5, 1.25e6, 2.5e6, 6.25e6, 12.5e6, 125e6];
/** Of one upload; most have none. */
const troubles = [0, 1, 3, 10, 30, 100, 300];
const word = (value: unknown) => (typeof value === "string" ? value : "");
const amount = (value: unknown) => (typeof value === "number" && value > 0 ? value : 0);
const seconds = (milliseconds: number) => milliseconds / 1000;

export function createMetrics(figures: Figures): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter({ name: `relaypacs_${name}`, help, labelNames, registers });
  const gauge = <T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    collect: (to: Gauge<T>) => void,
  ) =>
    new Gauge<T>({
      name: `relaypacs_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });
  const histogram = <T extends string>(name: string, help: string, labelNames: readonly T[], buckets = durations) =>
    new Histogram({ name: `relaypacs_${name}`, help, labelNames, buckets, registers });

  const received = counter("received_bytes_total", "Bytes of chunks that were written and recorded");
  const chunkRequests = counter("chunk_requests_total", "Chunk requests by what came of them", ["result"]);
  const ends = counter("delivery_attempts_total", "Attempts to send a study to a destination, by what came of them", [
    "destination",
    "result",
  ]);
  const instances = counter("instances_total", "Instances a destination has taken or refused", [
    "destination",
    "result",
  ]);
  const signInFailures = counter("sign_in_failures_total", "Sign-ins that were refused");
  const faults = counter("faults_total", "The box's own faults, by the event that tells of them", ["event"]);
  const delivery = histogram("delivery_seconds", "From a study being queued for a destination to its confirmation", [
    "destination",
    "service_level",
  ]);
  const archive = histogram("time_to_archive_seconds", "From all bytes being here to the confirmation", [
    "service_level",
  ]);
  // One value for each upload, within the bounds of contract/upload.ts: nobody weighs more than what they have sent.
  const line = {
    bytes_per_second: histogram(
      "client_bytes_per_second",
      "Line of the sending device, by its own word",
      [],
      lineRates,
    ),
    stalls: histogram("client_stalls", "Requests of an upload that stood still, by the device's word", [], troubles),
    breaks: histogram("client_breaks", "Requests of an upload that broke, by the device's word", [], troubles),
  };
  gauge("destination_up", "1 while a destination answers", ["destination"], (to) => {
    for (const destination of figures.destinations()) to.set({ destination }, figures.isDown(destination) ? 0 : 1);
  });

  gauge("info", "The version that runs", ["version"], (to) => to.set({ version }, 1));
  gauge("uploads", "Uploads on record by state", ["state"], (to) => {
    for (const { state, count } of figures.uploads()) to.set({ state }, count);
  });
  const queue = ["destination", "state", "service_level"] as const;
  gauge("queue_deliveries", "Deliveries that are not over yet", queue, (to) => {
    for (const it of figures.waiting())
      to.set(
        { destination: it.destinationId, state: it.state, service_level: it.priority === 0 ? "stat" : "routine" },
        it.count,
      );
  });
  gauge("queue_oldest_seconds", "How long the oldest of them has been waiting", ["destination"], (to) => {
    const oldest = new Map<string, number>();
    for (const { destinationId, oldest: at } of figures.waiting())
      if (at !== null) oldest.set(destinationId, Math.min(oldest.get(destinationId) ?? at, at));
    for (const destination of figures.destinations())
      to.set({ destination }, oldest.has(destination) ? seconds(Date.now() - (oldest.get(destination) ?? 0)) : 0);
  });
  gauge("parked_deliveries", "Deliveries that wait for a person", ["destination", "code"], (to) => {
    for (const { destinationId, code, count } of figures.parked())
      to.set({ destination: destinationId, code: code ?? "" }, count);
  });
  gauge("spool_bytes", "Received bytes on the disk", [], (to) => to.set(figures.spoolBytes()));
  gauge("disk_free_bytes", "Bytes that the disk of the data folder has left", [], (to) => to.set(figures.freeBytes()));
  gauge("certificate_expiry_timestamp_seconds", "When the certificate in use ends", [], (to) => {
    const ends = figures.certificateEnds();
    if (ends === undefined) to.remove();
    else to.set(seconds(ends));
  });
  gauge("last_backup_timestamp_seconds", "When the box last copied itself; 0: never", [], (to) =>
    to.set(seconds(figures.lastBackup() ?? 0)),
  );

  const ended = (result: string) => (fields: LogFields) => {
    const destination = word(fields.destination_id);
    ends.inc({ destination, result });
    instances.inc({ destination, result: "delivered" }, amount(fields.delivered));
    instances.inc({ destination, result: "refused" }, amount(fields.refused));
  };
  const fault = (event: string) => () => faults.inc({ event });
  const delivered = ended("delivered");
  const events: Readonly<Record<string, (fields: LogFields) => void>> = {
    "delivery.finished": (fields) => {
      delivered(fields);
      const service_level = word(fields.service_level);
      delivery.observe({ destination: word(fields.destination_id), service_level }, seconds(amount(fields.queued_ms)));
      archive.observe({ service_level }, seconds(amount(fields.duration_ms)));
    },
    "delivery.retrying": ended("retrying"),
    "delivery.parked": ended("parked"),
    "upload.completed": (fields) => {
      for (const [name, to] of Object.entries(line)) {
        const value = fields[name as keyof typeof line];
        if (typeof value === "number") to.observe(value);
      }
    },
    "auth.sign_in_failed": () => signInFailures.inc(),
    "http.failed": fault("http.failed"),
    "worker.failed": fault("worker.failed"),
    "upload.intake_failed": fault("upload.intake_failed"),
    "backup.failed": fault("backup.failed"),
  };
  return {
    observe: (event, fields) => events[event]?.(fields),
    chunks: (result, bytes) => {
      chunkRequests.inc({ result });
      if (result === "ok") received.inc(bytes);
    },
    text: async () => ({ body: await register.metrics(), type: register.contentType }),
  };
}

/** A log of which every event is counted as well. */
export const counted = (log: Log, metrics: Pick<Metrics, "observe">): Log => ({
  event: (name, fields = {}) => {
    log.event(name, fields);
    metrics.observe(name, fields);
  },
});
