import { rmSync } from "node:fs";
import type { RouteTags } from "../contract/routing.ts";
import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import type { Database, Transaction } from "../db/database.ts";
import type { NewFinding, UploadRow } from "../db/uploads.ts";
import { findUser } from "../db/users.ts";
import { routeStudy } from "../forward/route.ts";
import { routableOf } from "../forward/route-facts.ts";
import { FindingBook } from "../intake/finding-book.ts";
import { syncFolderTree } from "../intake/sync-folder.ts";
import type { Spool } from "../upload/spool.ts";
import type { AcceptableInstance } from "./group.ts";
import { type MakePlan, makeObjects } from "./make-objects.ts";

export interface ConfirmDeps {
  readonly db: Database;
  readonly spool: Spool;
  readonly config: () => Config;
  readonly hashKey: Uint8Array;
  readonly now: () => Moment;
}

/**
 * Makes the objects of a study of which a person just spoke, and records them with what that person decided: both or neither.
 * @throws RelayError image_identity_unfit, insufficient_storage, service_unavailable (too little memory); whatever `record` throws
 */
export async function makeLater(
  deps: ConfirmDeps,
  upload: UploadRow,
  plan: MakePlan & { readonly tags: RouteTags | null },
  serviceLevel: "routine" | "stat",
  record: (tx: Transaction, made: readonly AcceptableInstance[], told: readonly NewFinding[]) => void,
): Promise<void> {
  const { db, spool } = deps;
  const book = new FindingBook();
  // A folder of its own for each call: two at once must not empty each other's.
  const into = `made/${crypto.randomUUID()}`;
  await spool.emptyFolder(upload.id, into);
  try {
    const made = await makeObjects(plan, {
      folder: spool.folder(upload.id),
      into,
      config: deps.config(),
      hashKey: deps.hashKey,
      serviceLevel,
      routeOf: (modalities) => {
        const study = routableOf(db.orm, upload, { modalities, tags: plan.tags, serviceLevel }, deps.now().wall);
        return routeStudy(deps.config(), study);
      },
      author: findUser(db.orm, upload.userId)?.username ?? "",
      now: new Date(deps.now().wall),
      signal: new AbortController().signal,
      tell: ({ code, message }, severity, fileName) => {
        // What the person has just typed: to be corrected, not a picture to be refused.
        if (code === "image_identity_unfit") throw new RelayError(code);
        // Every picture that waits was made once already (`soundPictures`): what lacks is memory, and only for now.
        if (code === "image_too_large")
          throw new RelayError("service_unavailable", undefined, { retryAfterSeconds: 60 });
        book.add(code, severity, fileName, message);
      },
    });
    await syncFolderTree(spool.path(upload.id, into));
    db.transaction((tx) => record(tx, made, book.all()));
  } catch (error) {
    rmSync(spool.path(upload.id, into), { recursive: true, force: true });
    throw error;
  }
}
