import { eq, inArray } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { delivery, instance, study } from "./schema.ts";

export type StudyRow = typeof study.$inferSelect;
export type DeliveryRow = typeof delivery.$inferSelect;
export type InstanceRow = typeof instance.$inferSelect;

export const studiesOf = (db: Queries, uploadId: string): StudyRow[] =>
  db.select().from(study).where(eq(study.uploadId, uploadId)).all();

export const deliveriesOf = (db: Queries, uploadId: string): DeliveryRow[] =>
  db.select().from(delivery).where(eq(delivery.uploadId, uploadId)).orderBy(delivery.createdAt).all();

export const insertStudy = (db: Queries, row: typeof study.$inferInsert): void => {
  db.insert(study).values(row).run();
};

export const insertInstances = (db: Queries, rows: (typeof instance.$inferInsert)[]): void => {
  for (let start = 0; start < rows.length; start += 500)
    db.insert(instance)
      .values(rows.slice(start, start + 500))
      .run();
};

export const instancesOf = (db: Queries, studyIds: string[]): InstanceRow[] =>
  studyIds.length === 0 ? [] : db.select().from(instance).where(inArray(instance.studyId, studyIds)).all();

/** Empties the (P) columns of an upload's studies. */
export const blankStudies = (db: Queries, uploadId: string): void => {
  db.update(study)
    .set({
      patientName: null,
      patientID: null,
      patientBirthDate: null,
      patientSex: null,
      studyDate: null,
      accessionNumber: null,
      studyDescription: null,
    })
    .where(eq(study.uploadId, uploadId))
    .run();
};
