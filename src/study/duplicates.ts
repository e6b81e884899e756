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
import { possibleDestinations } from "../forward/route.ts";
import { routableAgain } from "../forward/route-facts.ts";
import type { DeclaredFiles } from "../upload/session.ts";
import { waitReasonOfPictures } from "./decide.ts";
import { columnsOf, type Identity, identityFrom, identityOfRow, isIdentified } from "./identity.ts";
import { madeKeyOf, picturesStudyUid, pictureUid, type UidMaker } from "./made-uids.ts";

type Routing = Pick<Config, "destination" | "route">;
type Asked = { readonly serviceLevel: "routine" | "stat"; readonly destinationIds: string[] };

/** The name under which a file is remembered once a destination confirmed it; gives nothing away without the box's key. */
export const objectKeyOf = (hashKey: Uint8Array, sha256: string): string =>
  keyedHash(hashKey, "object", sha256.toLowerCase());

/** The confirmations that make a file one that need not come again: one of each destination its study goes to. */
function confirmations(config: Routing, rows: readonly DeliveredRow[], asked: Asked): DeliveredRow[] | null {
  const [first] = rows;
  if (!first) return null;
  // Rules may ask for what is not kept of a delivered study: then it goes wherever they might send it.
  const route = possibleDestinations(config, routableAgain({ ...asked, modalities: first.modalities }));
  const found = route.flatMap((id) => rows.filter((row) => row.destinationId === id).slice(0, 1));
  return route.length > 0 && found.length === route.length ? found : null;
}

/** By object key: what every destination of the route confirmed before. */
function confirmedBefore(
  q: Queries,
  config: Routing,
  asked: Asked,
  keys: readonly string[],
): Map<string, DeliveredRow[]> {
  const byKey = Map.groupBy(deliveredObjects(q, keys), (row) => row.objectKey);
  const known = new Map<string, DeliveredRow[]>();
  for (const key of keys) {
    const found = confirmations(config, byKey.get(key) ?? [], asked);
    if (found) known.set(key, found);
  }
  return known;
}

/**
 * Which declared files need not come again (CONTRACT §3 `already_delivered`): object keys by SHA-256. A file of DICOM is known by
 * itself. A picture is only known as something of a study and a patient: pictures alone by what the sender says of both, others by the
 * one study that the rest of the upload is known to be; and only where nothing else of the upload is new, which might change that.
 */
export function alreadyDelivered(
  q: Queries,
  { config, hashKey }: { readonly config: Config; readonly hashKey: Uint8Array },
  upload: DeclaredFiles,
): Map<string, string> {
  const hashes = [...new Set(upload.hashes)].filter(Boolean);
  const files = new Map(hashes.map((sha256) => [sha256, objectKeyOf(hashKey, sha256)]));
  const confirmed = confirmedBefore(q, config, upload, [...files.values()]);
  const known = new Map([...files].filter(([, key]) => confirmed.has(key)));
  const others = hashes.filter((sha256) => !known.has(sha256));
  if (others.length === 0 || upload.hashes.includes("")) return known;
  const maker = { config, hashKey };
  const identities = known.size === 0 ? alone(maker, upload, hashes) : ofOneStudy(q, upload, [...confirmed.values()]);
  for (const identity of identities) {
    const keys = new Map(others.map((it) => [it, madeKeyOf(hashKey, pictureUid(maker, identity, it))]));
    const made = confirmedBefore(q, config, upload, [...keys.values()]);
    if (made.size === keys.size) return new Map([...known, ...keys]);
  }
  return known;
}

function alone(maker: UidMaker, { metadata, expected }: DeclaredFiles, hashes: readonly string[]): Identity[] {
  const identity = identityFrom(metadata, picturesStudyUid(maker, { id: "", metadata }, hashes));
  return isIdentified(identity) && waitReasonOfPictures(identity, expected) === null ? [identity] : [];
}

/** The one study that files are known of, as its sender is still shown it. */
function ofOneStudy(q: Queries, { userId }: DeclaredFiles, confirmed: readonly DeliveredRow[][]): Identity[] {
  const rows = confirmed.flat();
  const [studyInstanceUID, ...others] = new Set(rows.map((row) => row.studyInstanceUID));
  if (studyInstanceUID === undefined || others.length > 0) return [];
  const receipts = [...new Set(rows.map(({ receiptId }) => receiptId))];
  const studies = receipts.map((receiptId) => earlierStudy(q, receiptId, studyInstanceUID, userId));
  return studies.filter((row) => row?.patientName != null).map((row) => identityOfRow(row, studyInstanceUID));
}

type LeftOut = UploadFileRow & { readonly objectKey: string };
export const leftOut = (files: readonly UploadFileRow[]): LeftOut[] =>
  files.flatMap((file) =>
    file.state === "already_delivered" && file.objectKey ? [{ ...file, objectKey: file.objectKey }] : [],
  );

/** What stands for the files that were left out: the confirmations of each, by object key. */
export const provenFiles = (q: Queries, config: Routing, asked: Asked, files: readonly UploadFileRow[]) =>
  confirmedBefore(q, config, asked, [...new Set(leftOut(files).map(({ objectKey }) => objectKey))]);

/**
 * Files that were left out as delivered before, and are not at every destination that their study goes to by now: the
 * route changed since. Their bytes are not here, so that can only be told.
 */
export function unprovenFiles(
  q: Queries,
  config: Routing,
  asked: Asked,
  files: readonly UploadFileRow[],
): NewFinding[] {
  const proven = provenFiles(q, config, asked, files);
  const { cause, action } = catalogueOf("file_not_here");
  return leftOut(files)
    .filter(({ objectKey }) => !proven.has(objectKey))
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
  upload: Asked & Pick<UploadRow, "userId">,
  files: readonly UploadFileRow[],
): RepeatedStudy[] {
  const found = [...provenFiles(q, config, upload, files).values()];
  return [...Map.groupBy(found, ([row]) => row?.studyInstanceUID ?? "")].flatMap(([studyInstanceUID, objects]) => {
    // What joined a study later has the receipt that names the rest of it as well.
    const [confirmations = []] = objects.toSorted(([a], [b]) => (b?.at ?? 0) - (a?.at ?? 0));
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
  upload: UploadRow,
  files: readonly UploadFileRow[],
  now: Moment,
): number {
  let repeated = 0;
  for (const { studyInstanceUID, earlier, ...study } of repeatedStudies(tx, config, upload, files)) {
    if (findStudy(tx, upload.id, studyInstanceUID)) continue;
    const studyId = randomUUID();
    insertStudy(tx, {
      id: studyId,
      uploadId: upload.id,
      studyInstanceUID,
      ...(earlier === undefined ? {} : columnsOf(identityOfRow(earlier, studyInstanceUID))),
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
