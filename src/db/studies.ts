import { and, eq, inArray, sql } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { insertMany } from "./insert-many.ts";
import { prepared } from "./prepared.ts";
import { delivery, instance, sourcePicture, study, upload } from "./schema.ts";

export type StudyRow = typeof study.$inferSelect;
export type DeliveryRow = typeof delivery.$inferSelect;
export type InstanceRow = typeof instance.$inferSelect;

const studiesByUpload = prepared((db) =>
  db
    .select()
    .from(study)
    .where(eq(study.uploadId, sql.placeholder("uploadId")))
    .prepare(),
);
export const studiesOf = (db: Queries, uploadId: string): StudyRow[] => studiesByUpload(db).all({ uploadId });

const deliveriesByUpload = prepared((db) =>
  db
    .select()
    .from(delivery)
    .where(eq(delivery.uploadId, sql.placeholder("uploadId")))
    .orderBy(delivery.createdAt)
    .prepare(),
);
export const deliveriesOf = (db: Queries, uploadId: string): DeliveryRow[] => deliveriesByUpload(db).all({ uploadId });

export const insertStudy = (db: Queries, row: typeof study.$inferInsert): void => {
  db.insert(study).values(row).run();
};

export const insertInstances = (db: Queries, rows: readonly Omit<typeof instance.$inferInsert, "id">[]): void =>
  insertMany(
    db,
    instance,
    rows.map((row) => ({ head: null, corrected: null, objectKey: null, notesAs: null, made: false, ...row })),
  );

export const findStudy = (db: Queries, uploadId: string, studyInstanceUID: string): StudyRow | undefined =>
  db
    .select()
    .from(study)
    .where(and(eq(study.uploadId, uploadId), eq(study.studyInstanceUID, studyInstanceUID)))
    .get();

export const updateStudy = (db: Queries, id: string, values: Partial<typeof study.$inferInsert>): void => {
  db.update(study).set(values).where(eq(study.id, id)).run();
};

export const updateInstance = (db: Queries, id: number, values: Partial<typeof instance.$inferInsert>): void => {
  db.update(instance).set(values).where(eq(instance.id, id)).run();
};

export type SourcePictureRow = typeof sourcePicture.$inferSelect;

export const insertSourcePictures = (
  db: Queries,
  rows: readonly Omit<typeof sourcePicture.$inferInsert, "id">[],
): void =>
  insertMany(
    db,
    sourcePicture,
    rows.map((row) => ({ fileName: null, ...row })),
  );

export const sourcePicturesOf = (db: Queries, studyId: string): SourcePictureRow[] =>
  db.select().from(sourcePicture).where(eq(sourcePicture.studyId, studyId)).orderBy(sourcePicture.id).all();

export const instancesOf = (db: Queries, studyIds: string[]): InstanceRow[] =>
  studyIds.length === 0 ? [] : db.select().from(instance).where(inArray(instance.studyId, studyIds)).all();

/** What was in the files of an upload goes with them: notes, headers kept to be sent, and what only made objects were given (P13). */
export function forgetContents(db: Queries, uploadId: string): void {
  const studies = db.select({ id: study.id }).from(study).where(eq(study.uploadId, uploadId));
  db.update(instance).set({ head: null }).where(inArray(instance.studyId, studies)).run();
  db.update(study)
    .set({ clinicalNotes: null, routeTags: null, studyTime: null, studyID: null, referringPhysicianName: null })
    .where(eq(study.uploadId, uploadId))
    .run();
  db.update(upload)
    .set({ metadata: sql`json_remove(${upload.metadata}, '$.clinical_notes')` })
    .where(eq(upload.id, uploadId))
    .run();
}

/** Empties the (P) columns of an upload's studies. */
export const blankStudies = (db: Queries, uploadId: string): void => {
  const studies = db.select({ id: study.id }).from(study).where(eq(study.uploadId, uploadId));
  db.update(sourcePicture).set({ fileName: null }).where(inArray(sourcePicture.studyId, studies)).run();
  db.update(study)
    .set({
      patientName: null,
      patientID: null,
      patientBirthDate: null,
      patientSex: null,
      studyDate: null,
      studyTime: null,
      studyID: null,
      referringPhysicianName: null,
      accessionNumber: null,
      studyDescription: null,
      clinicalNotes: null,
      routeTags: null,
      rejectReason: null,
    })
    .where(eq(study.uploadId, uploadId))
    .run();
};
