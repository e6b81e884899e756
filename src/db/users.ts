import { eq, sql } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { prepared } from "./prepared.ts";
import { user } from "./schema-accounts.ts";

export type UserRow = typeof user.$inferSelect;

export const insertUser = (db: Queries, row: typeof user.$inferInsert): void => {
  db.insert(user).values(row).run();
};
const userById = prepared((db) =>
  db
    .select()
    .from(user)
    .where(eq(user.id, sql.placeholder("id")))
    .prepare(),
);
export const findUser = (db: Queries, id: string): UserRow | undefined => userById(db).get({ id });
export const findUserByName = (db: Queries, username: string): UserRow | undefined =>
  db.select().from(user).where(eq(user.username, username)).get();
export const allUsers = (db: Queries): UserRow[] => db.select().from(user).orderBy(user.username).all();
export const updateUser = (db: Queries, id: string, values: Partial<typeof user.$inferInsert>): void => {
  db.update(user).set(values).where(eq(user.id, id)).run();
};
