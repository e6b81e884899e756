import { userInfo } from "node:os";
import type { AuditEvent } from "../contract/audit.ts";
import { keyedHash } from "../core/keyed-hash.ts";
import type { LogFields } from "../core/log.ts";
import { allowedFields } from "../core/log-fields.ts";
import { auditHead, insertAudit, insertAuditReason } from "../db/audit.ts";
import { chainKeyOf, type Transaction } from "../db/database.ts";
import { chainHash } from "./chain.ts";

/** Who did it, and from where. */
export interface Actor {
  readonly id: string | null;
  readonly name: string | null;
  readonly address: string | null;
}

/** The box by itself: retention, forwarding. */
export const theBox: Actor = { id: null, name: "relaypacs", address: null };

/** Whoever sits at the machine: its own account of them is all there is. */
export function theConsole(): Actor {
  try {
    return { id: null, name: `console:${userInfo().username}`, address: null };
  } catch {
    return { id: null, name: "console", address: null }; // a user id without a name
  }
}

export interface Deed {
  readonly by: Actor;
  readonly event: AuditEvent;
  readonly uploadId?: string;
  /** Only its keyed hash is written. */
  readonly studyInstanceUID?: string;
  readonly failed?: boolean;
  /** The fields that the log may have (core/log-fields.ts); nothing of a patient gets through. */
  readonly details?: LogFields;
  /** A person's own words, and when in box time: beside the chain, because they may name a patient and have to go. */
  readonly reason?: { readonly text: string; readonly box: number } | undefined;
}

/** A study's pseudonym in the audit. */
export const studyPseudonym = (key: Uint8Array, studyInstanceUID: string): string =>
  keyedHash(key, "study", studyInstanceUID).slice(0, 32);

/** Adds a row to the audit, in the transaction of what it tells: neither is there without the other. */
export function record(
  tx: Transaction,
  { by, event, uploadId, studyInstanceUID, failed, details, reason }: Deed,
): void {
  const key = chainKeyOf(tx);
  const head = auditHead(tx);
  const mac = reason === undefined ? {} : { reason_mac: keyedHash(key, "reason", reason.text) };
  const row = {
    seq: head.seq + 1,
    at: Date.now(),
    actorId: by.id,
    actorName: by.name,
    address: by.address,
    event,
    uploadId: uploadId ?? null,
    study: studyInstanceUID === undefined ? null : studyPseudonym(key, studyInstanceUID),
    result: failed === true ? ("failure" as const) : ("success" as const),
    details: JSON.stringify(allowedFields({ ...details, ...mac })),
    previous: head.hash,
  };
  insertAudit(tx, { ...row, hash: chainHash(key, row) });
  if (reason !== undefined) insertAuditReason(tx, { seq: row.seq, reason: reason.text, givenAt: reason.box });
}
