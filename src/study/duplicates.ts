import { randomUUID } from "node:crypto";
import { catalogueOf } from "../contract/errors.ts";
import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import { keyedHash } from "../core/keyed-hash.ts";
import type { Queries, Transaction } from "../db/database.ts";
import { type DeliveredRow, deliveredObjects, earlierStudy } from "../db/delivered.ts";
import { changedNow, insertDelivery } from "../db/deliveries.ts";
import { findStudy, insertStudy, type StudyRow } from "../db/studies.ts";
import type { NewFinding, UploadFileRow, UploadRow } from "../db/uploads.ts";
import { retryUntil } from "../forward/enqueue.ts";
import { routeStudy } from "../forward/route.ts";

type Routing = Pick<Config, "destination" | "route">;
type Asked = { readonly serviceLevel: "routine" | "stat"; readonly destinationIds: string[] };

/** The name under which a file is remembered once a destination confirmed it; gives nothing away without the box's key. */
export const objectKeyOf = (hashKey: Uint8Array, sha256: string): string =>
  keyedHash(hashKey, "object", sha256.toLowerCase());

/** The confirmations that make a file one that need not come again: one of each destination its study goes to. */
function confirmations(config: Routing, rows: readonly DeliveredRow[], asked: Asked): DeliveredRow[] | null {
  const [first] = rows;
  if (!first) return null;
  const route = routeStudy(config, { ...asked, modalities: first.modalities });
  const found = route.flatMap((id) => rows.filter((row) => row.destinationId === id).slice(0, 1));
  return route.length > 0 && found.length === route.length ? found : null;
}

/** By SHA-256 as declared: what every destination of the route confirmed before. */
function confirmedBefore(
  q: Queries,
  config: Routing,
  hashKey: Uint8Array,
  asked: Asked,
  hashes: readonly string[],
): Map<string, DeliveredRow[]> {
  const keys = new Map(hashes.map((sha256) => [objectKeyOf(hashKey, sha256), sha256]));
  const byKey = Map.groupBy(deliveredObjects(q, [...keys.keys()]), (row) => row.objectKey);
  const known = new Map<string, DeliveredRow[]>();
  for (const [key, sha256] of keys) {
    const found = confirmations(config, byKey.get(key) ?? [], asked);
    if (found) known.set(sha256, found);
  }
  return known;
}

/** Which declared files need not come again (CONTRACT §3 `already_delivered`), by SHA-256. */
export const alreadyDelivered = (
  q: Queries,
  config: Routing,
  hashKey: Uint8Array,
  asked: Asked,
  hashes: readonly string[],
): ReadonlySet<string> => new Set(confirmedBefore(q, config, hashKey, asked, hashes).keys());

const leftOut = (files: readonly UploadFileRow[]): (UploadFileRow & { sha256: string })[] =>
  files.flatMap((file) =>
    file.state === "already_delivered" && file.sha256 ? [{ ...file, sha256: file.sha256 }] : [],
  );

/**
 * Files that were left out as delivered before, and are not at every destination that their study goes to by now: the
 * route changed since. Their bytes are not here, so that can only be told.
 */
export function unprovenFiles(
  q: Queries,
  config: Routing,
  hashKey: Uint8Array,
  asked: Asked,
  files: readonly UploadFileRow[],
): NewFinding[] {
  const rows = leftOut(files);
  const hashes = rows.map(({ sha256 }) => sha256);
  const proven = confirmedBefore(q, config, hashKey, asked, hashes);
  const { cause, action } = catalogueOf("file_not_here");
  return rows
    .filter(({ sha256 }) => !proven.has(sha256))
    .map(({ name }) => ({ code: "file_not_here", severity: "refused", message: `${cause} ${action}`, fileName: name }));
}

/** A study of which files were left out as delivered before. */
export interface RepeatedStudy {
  readonly studyInstanceUID: string;
  readonly modalities: string[];
  /** How many files were left out. */
  readonly instances: number;
  /** One of each destination. */
  readonly confirmations: readonly DeliveredRow[];
  /** As it was shown then; only to the one who sent it, and as long as that is kept. */
  readonly earlier: StudyRow | undefined;
}

/** The studies that an upload repeats in part or whole. */
export function repeatedStudies(
  q: Queries,
  config: Routing,
  hashKey: Uint8Array,
  upload: Asked & Pick<UploadRow, "userId">,
  files: readonly UploadFileRow[],
): RepeatedStudy[] {
  const hashes = leftOut(files).map(({ sha256 }) => sha256);
  const found = [...confirmedBefore(q, config, hashKey, upload, hashes).values()];
  return [...Map.groupBy(found, ([row]) => row?.studyInstanceUID ?? "")].flatMap(([studyInstanceUID, objects]) => {
    const [confirmations = []] = objects;
    const [first] = confirmations;
    if (!first) return [];
    const earlier = earlierStudy(q, first.receiptId, studyInstanceUID, upload.userId);
    return [{ studyInstanceUID, modalities: first.modalities, instances: objects.length, confirmations, earlier }];
  });
}

/**
 * Studies of an upload of which every file was there already: they stand as delivered, under the receipt of then.
 * Studies that got new instances as well are left alone. Answers how many there are.
 */
export function insertRepeats(
  tx: Transaction,
  config: Config,
  hashKey: Uint8Array,
  upload: UploadRow,
  files: readonly UploadFileRow[],
  now: Moment,
): number {
  let repeated = 0;
  for (const { studyInstanceUID, earlier, ...study } of repeatedStudies(tx, config, hashKey, upload, files)) {
    if (findStudy(tx, upload.id, studyInstanceUID)) continue;
    const studyId = randomUUID();
    insertStudy(tx, {
      id: studyId,
      uploadId: upload.id,
      studyInstanceUID,
      patientName: earlier?.patientName ?? null,
      patientID: earlier?.patientID ?? null,
      patientBirthDate: earlier?.patientBirthDate ?? null,
      patientSex: earlier?.patientSex ?? null,
      studyDate: earlier?.studyDate ?? null,
      accessionNumber: earlier?.accessionNumber ?? null,
      studyDescription: earlier?.studyDescription ?? null,
      modalities: study.modalities,
      seriesCount: earlier?.seriesCount ?? 0,
      instanceCount: study.instances,
      decision: "accepted",
      serviceLevel: upload.serviceLevel,
    });
    for (const row of study.confirmations)
      insertDelivery(tx, {
        id: randomUUID(),
        uploadId: upload.id,
        studyId,
        destinationId: row.destinationId,
        state: "delivered",
        priority: upload.serviceLevel === "stat" ? 0 : 1,
        totalInstances: study.instances,
        deliveredInstances: study.instances,
        receiptId: row.receiptId,
        retryUntil: retryUntil(now, config.retention.retry_hours),
        createdAt: now.wall,
        ...changedNow(now),
      });
    repeated += 1;
  }
  return repeated;
}
