import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StudyDecision, UploadState } from "../contract/states.ts";
import type { Config, DestinationConfig } from "../core/config-schema.ts";
import { openDatabase } from "../db/database.ts";
import { deliveryById } from "../db/deliveries.ts";
import { deliveriesOf, insertInstances, insertStudy } from "../db/studies.ts";
import { findUpload, insertUpload } from "../db/uploads.ts";
import { insertUser } from "../db/users.ts";
import type { Destination } from "../destinations/destination.ts";
import type { ForwarderDeps } from "./context.ts";
import { type Forwarder, startForwarder } from "./dispatcher.ts";
import { enqueueDeliveries } from "./enqueue.ts";
import { settleUpload } from "./settle.ts";

/** For tests: a box with a real database, a clock that stands still, and events to wait for. */
export interface NewStudy {
  readonly uploadId?: string;
  readonly destinationIds?: readonly string[];
  readonly instances?: number;
  readonly serviceLevel?: "routine" | "stat";
  readonly decision?: StudyDecision;
  readonly retryHours?: number;
  /** The Study Instance UID of an earlier study whose files come again. */
  readonly repeats?: string;
  /** Asked to be sent again, whatever was delivered before. */
  readonly resend?: boolean;
}

const retention = { upload_idle_hours: 24, retry_hours: 72, failed_hours: 720, display_hours: 24 };

/** A destination's configuration; forwarding reads `id`, `default` and `fallback` alone. */
export const folderConfig = (id: string, more: Partial<DestinationConfig> = {}): DestinationConfig =>
  ({ id, kind: "folder", path: id, ...more }) as DestinationConfig;

export function openTestBox(folder = mkdtempSync(join(tmpdir(), "relaypacs-forward-"))) {
  const events: { name: string; fields: Record<string, unknown> }[] = [];
  const destinations = new Map<string, Destination>();
  const forwarders: Forwarder[] = [];
  const watchers = new Set<() => void>();
  const intake: Config["intake"] = { extra_sop_classes: [], uid_root: "2.25", notes_as: "none" };
  const config: Pick<Config, "destination" | "route" | "retention" | "intake"> = {
    destination: [],
    route: [],
    retention,
    intake,
  };
  let clock = 1_700_000_000_000;
  let monotonic = 0;
  const db = openDatabase(folder, { clocks: { wall: () => clock, monotonic: () => monotonic } });
  const { now } = db.clock;
  let serial = 0;
  const userId = "user";
  if (!db.sqlite.query("SELECT 1 FROM user").get())
    insertUser(db.orm, { id: userId, username: "u", passwordHash: "", role: "clinician", createdAt: clock });
  const changed = () => {
    for (const watcher of [...watchers]) watcher();
  };

  const upload = (state: UploadState = "processing", id: string = crypto.randomUUID()): string => {
    insertUpload(db.orm, {
      id,
      userId,
      state,
      serviceLevel: "routine",
      destinationIds: [],
      totalFiles: 1,
      totalSizeBytes: 1,
      chunkSize: 4096,
      filesDeclared: true,
      createdAt: clock,
      lastTrafficAt: now().box,
    });
    return id;
  };

  return {
    folder,
    db,
    events,
    config,
    userId,
    now,
    advance: (ms: number) => {
      clock += ms;
      monotonic += ms;
    },
    /** Somebody sets the clock: no time passes. */
    setClockBy: (ms: number) => {
      clock += ms;
    },
    /** Configures a destination and its stand-in. */
    add: <D extends Destination>(destination: D, more: Partial<DestinationConfig> = {}): D => {
      config.destination.push(folderConfig(destination.id, more));
      destinations.set(destination.id, destination);
      return destination;
    },
    remove: (id: string) => {
      config.destination = config.destination.filter((it) => it.id !== id);
      destinations.delete(id);
    },
    upload,
    /** Accepts a study as intake does: rows, deliveries and state in one transaction. */
    accept: ({ uploadId = upload(), ...study }: NewStudy = {}) => {
      const { destinationIds = ["main"], instances = 3, serviceLevel = "routine", decision = "accepted" } = study;
      const studyId = crypto.randomUUID();
      serial += 1;
      const studyInstanceUID = study.repeats ?? `2.25.${serial}`;
      const number = studyInstanceUID.slice(5);
      const ids = db.transaction((tx) => {
        const counts = { seriesCount: 1, instanceCount: instances, modalities: ["CT"] };
        insertStudy(tx, { id: studyId, uploadId, studyInstanceUID, ...counts, decision, serviceLevel });
        insertInstances(
          tx,
          Array.from({ length: instances }, (_, index) => ({
            studyId,
            sopInstanceUID: `${studyInstanceUID}.${index + 1}`,
            sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
            seriesInstanceUID: `${studyInstanceUID}.0`,
            transferSyntaxUID: "1.2.840.10008.1.2.1",
            path: `${index}.dcm`,
            fileSize: 1,
            dataSetOffset: 0,
            sha256: `sha-${number}-${index + 1}`,
            objectKey: `key-${number}-${index + 1}`,
          })),
        );
        const retry_hours = study.retryHours ?? retention.retry_hours;
        const today = { ...config, retention: { ...config.retention, retry_hours } };
        const queued = {
          uploadId,
          studyId,
          destinationIds,
          serviceLevel,
          config: today,
          resend: study.resend ?? false,
        };
        const made = decision === "accepted" ? enqueueDeliveries(tx, { ...queued, now: now() }) : [];
        settleUpload(tx, uploadId, now());
        return made;
      });
      return { uploadId, studyId, studyInstanceUID, deliveryIds: ids, deliveryId: ids[0] ?? "" };
    },
    start: (more: Partial<ForwarderDeps> = {}): Forwarder => {
      const forwarder = startForwarder({
        db,
        config: () => config,
        destinations: (id) => destinations.get(id),
        spoolPath: (uploadId, relative) => `${uploadId}/${relative}`,
        log: {
          event: (name, fields) => {
            events.push({ name, fields: { ...fields } });
            changed();
          },
        },
        onChange: changed,
        random: () => 0.5,
        ...more,
      });
      forwarders.push(forwarder);
      return forwarder;
    },
    delivery: (id: string) => {
      const row = deliveryById(db.orm, id);
      if (!row) throw new Error("no such delivery");
      return row;
    },
    deliveries: (uploadId: string) => deliveriesOf(db.orm, uploadId),
    uploadRow: (id: string) => {
      const row = findUpload(db.orm, id);
      if (!row) throw new Error("no such upload");
      return row;
    },
    named: (name: string) => events.filter((event) => event.name === name),
    /** Resolves when the condition holds; looked at after every change, event and call at a stand-in. */
    until: (condition: () => boolean): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (!condition()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      return promise;
    },
    changed,
    close: async () => {
      for (const forwarder of forwarders) await forwarder.stop();
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type TestBox = ReturnType<typeof openTestBox>;
