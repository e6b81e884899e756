import { eq } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { user } from "./schema-accounts.ts";

export type UserRow = typeof user.$inferSelect;

export const insertUser = (db: Queries, row: typeof user.$inferInsert): void => {
  db.insert(user).values(row).run();
};
export const findUser = (db: Queries, id: string): UserRow | undefined =>
  db.select().from(user).where(eq(user.id, id)).get();
export const findUserByName = (db: Queries, username: string): UserRow | undefined =>
  db.select().from(user).where(eq(user.username, username)).get();
export const allUsers = (db: Queries): UserRow[] => db.select().from(user).orderBy(user.username).all();
export const updateUser = (db: Queries, id: string, values: Partial<typeof user.$inferInsert>): void => {
  db.update(user).set(values).where(eq(user.id, id)).run();
};
