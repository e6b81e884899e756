import { Elysia } from "elysia";
import { BackupState } from "../../contract/system.ts";
import { actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";

/** A copy of the box, now. */
export const adminBackupRoutes = (context: HttpContext) =>
  new Elysia({ prefix: "/admin/backup" }).post(
    "",
    ({ request, server, set }) => {
      context.copies.now(actorOf(context, { request, server }));
      set.status = 202;
      return backupState(context);
    },
    {
      parse: "none",
      response: { 202: BackupState },
      detail: {
        summary: "Have the box copy itself now",
        description:
          "Answers at once; `GET /admin/system` tells when the copy stands, or that it failed. While one is being made no second one is begun.",
      },
    },
  );

export function backupState({ config, copies }: Pick<HttpContext, "config" | "copies">): BackupState {
  const { running, failedAt, lastAt } = copies.state();
  const at = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return { last_at: at(lastAt), failed_at: at(failedAt), running, every_hours: config().backup.every_hours };
}
