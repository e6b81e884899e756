import type { Actor } from "../audit/record.ts";
import { guestOf } from "../auth/invitations.ts";
import type { Config } from "../core/config-schema.ts";
import { findUpload } from "../db/uploads.ts";
import { clientAddress, type SocketServer } from "./client-address.ts";
import type { HttpContext } from "./context.ts";

/** What a handler gets; `server` is missing where none listens. */
export interface Asked {
  readonly request: Request;
  readonly server: SocketServer | null;
}

/** @returns "" where the socket is gone already */
export const addressOf = (config: Config, { request, server }: Asked): string => clientAddress(request, server, config);

/** Whom a request speaks for, as the audit names them. @throws RelayError unauthorized */
export function actorOf({ db, guard, config }: Pick<HttpContext, "db" | "guard" | "config">, asked: Asked): Actor {
  const caller = guard.principal(asked.request);
  // The token of a guest's upload is the guest's, whoever invited.
  const byGuest = caller.kind === "upload" && findUpload(db.orm, caller.uploadId)?.invitationId;
  const name = byGuest ? guestOf(caller.username) : caller.username;
  return { id: caller.userId, name, address: addressOf(config(), asked) };
}
