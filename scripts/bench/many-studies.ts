import type { DeliveryState, UploadState } from "../../src/contract/states.ts";
import { type Database, openDatabase } from "../../src/db/database.ts";
import { delivery, study, upload, uploadFile } from "../../src/db/schema.ts";
import { insertUser } from "../../src/db/users.ts";

export interface MadeRows {
  readonly uploadIds: readonly string[];
}

const day = 86_400_000;
/** One in 500 needs a person; the rest went through. */
const stateOf = (index: number): { upload: UploadState; delivery: DeliveryState } =>
  index % 500 === 0
    ? { upload: "needs_attention", delivery: "parked" }
    : { upload: "delivered", delivery: "delivered" };

export const openForRows = (dataDir: string): Database => openDatabase(dataDir);

/** Uploads of one study, one file and one delivery each, over the last 90 days, by 20 people. */
export function insertStudyRows(db: Database, count: number): MadeRows {
  const now = Date.now();
  const box = db.clock.now().box;
  for (let person = 0; person < 20; person++)
    insertUser(db.orm, {
      id: `person-${person}`,
      username: `person-${person}`,
      passwordHash: "",
      role: "clinician",
      createdAt: now,
    });
  const uploadIds: string[] = [];
  const batch = 500;
  for (let start = 0; start < count; start += batch)
    db.transaction((tx) => {
      const numbers = Array.from({ length: Math.min(batch, count - start) }, (_, index) => start + index);
      const rows = numbers.map((index) => {
        const at = now - Math.floor((90 * day * (count - index)) / count);
        return { index, at, id: crypto.randomUUID(), studyId: crypto.randomUUID(), state: stateOf(index) };
      });
      uploadIds.push(...rows.map(({ id }) => id));
      tx.insert(upload)
        .values(
          rows.map(({ index, at, id, state }) => ({
            id,
            userId: `person-${index % 20}`,
            state: state.upload,
            serviceLevel: "routine" as const,
            destinationIds: [],
            totalFiles: 1,
            totalSizeBytes: 1000,
            chunkSize: 1 << 20,
            filesDeclared: true,
            fileCount: 1,
            declaredBytes: 1000,
            receivedBytes: 1000,
            createdAt: at,
            lastTrafficAt: box,
            completedAt: at,
            ...(state.upload === "delivered" ? { endedAt: at, endedBox: box, filesRemovedAt: at } : {}),
          })),
        )
        .run();
      tx.insert(uploadFile)
        .values(
          rows.map(({ id }) => ({
            uploadId: id,
            fileId: "a",
            name: "IM1",
            sizeBytes: 1000,
            receivedBytes: 1000,
            state: "needed" as const,
          })),
        )
        .run();
      tx.insert(study)
        .values(
          rows.map(({ index, id, studyId }) => ({
            id: studyId,
            uploadId: id,
            studyInstanceUID: `2.25.8.${index}`,
            patientName: "MADE^UP",
            modalities: ["CT"],
            seriesCount: 4,
            instanceCount: 400,
            decision: "accepted" as const,
            serviceLevel: "routine" as const,
          })),
        )
        .run();
      tx.insert(delivery)
        .values(
          rows.map(({ at, id, studyId, state }) => ({
            id: crypto.randomUUID(),
            uploadId: id,
            studyId,
            destinationId: "d",
            state: state.delivery,
            priority: 1,
            retryUntil: box,
            totalInstances: 400,
            deliveredInstances: 400,
            createdAt: at,
            updatedAt: at,
            updatedBox: box,
          })),
        )
        .run();
    });
  return { uploadIds };
}
