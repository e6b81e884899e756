import { setImmediate } from "node:timers/promises";
import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import type { Database } from "../db/database.ts";
import { orderOf } from "../db/invitations.ts";
import { addFindings, filesOf, type UploadRow } from "../db/uploads.ts";
import { findUser } from "../db/users.ts";
import { routeStudy } from "../forward/route.ts";
import { routableOf } from "../forward/route-facts.ts";
import { type AcceptableStudy, acceptStudies } from "../study/accept.ts";
import { completenessFindings } from "../study/completeness.ts";
import { insertRepeats, repeatedStudies, unprovenFiles } from "../study/duplicates.ts";
import { groupByStudy } from "../study/group.ts";
import { picturesStudyUid } from "../study/made-uids.ts";
import { type MakeOptions, makeObjects, soundPictures } from "../study/make-objects.ts";
import { planStudies } from "../study/plan.ts";
import type { Spool } from "../upload/spool.ts";
import type { Early } from "./early.ts";
import { examine, tellBarren } from "./examine.ts";
import { expand } from "./expand.ts";
import { FindingBook } from "./finding-book.ts";
import { receivedFiles } from "./received.ts";
import { syncFolderTree } from "./sync-folder.ts";
import { tellGrouping, tellRepeats, tellWaiting } from "./tell.ts";

export interface PipelineDeps {
  readonly db: Database;
  readonly spool: Spool;
  readonly config: () => Config;
  readonly hashKey: Uint8Array;
  readonly now: () => Moment;
  /** What was seen of files while others arrived. */
  readonly early?: Early;
}

export interface PipelineResult {
  readonly accepted: boolean;
  readonly studies: number;
  readonly instances: number;
  readonly refused: number;
}

/**
 * From received bytes to accepted studies. Can be cut at any point and run again from the start: nothing of it counts
 * before the one transaction at its end.
 * @throws RelayError files_lost, insufficient_storage; AbortError
 */
export async function runPipeline(deps: PipelineDeps, upload: UploadRow, signal: AbortSignal): Promise<PipelineResult> {
  const { db, spool, hashKey } = deps;
  const config = deps.config();
  const book = new FindingBook();
  await spool.emptyFolder(upload.id, "work");
  const folder = spool.folder(upload.id);
  const rows = filesOf(db.orm, upload.id);

  const received = await receivedFiles(rows, upload, spool, book, deps.early?.take(upload.id));
  const { files, archives } = await expand(received, {
    limits: config.limits,
    folder,
    work: "work",
    book,
    requireRoom: spool.requireRoom,
    signal,
  });
  const { instances, pictures, directory } = await examine(files, {
    folder,
    book,
    extraSopClasses: config.intake.extra_sop_classes,
    hashKey,
    signal,
  });
  tellBarren(archives, [...instances, ...pictures], book);
  // Each of the next steps takes a while with 20 000 images: others are answered between them.
  await setImmediate();
  const grouping = groupByStudy(instances);
  tellGrouping(grouping, book);
  await setImmediate();
  const before = rows.filter((row) => row.state === "already_delivered").length;
  // What was delivered before is not here to be counted.
  for (const { instances: sent } of before === 0 ? grouping.studies : []) {
    const study = { instances: sent.map(({ inspected }) => inspected) };
    for (const { code, message } of completenessFindings(study, directory)) book.add(code, "warning", null, message);
  }

  await setImmediate();
  const metadata = upload.metadata ?? {};
  const hashes = pictures.map(({ sha256 }) => sha256);
  const picturesUID = picturesStudyUid({ config, hashKey }, { id: upload.id, metadata }, hashes);
  const repeated = repeatedStudies(db.orm, config, upload, rows);
  const { plans, notesUnassigned } = planStudies(
    { metadata, expected: upload.expectedStudies, order: orderOf(db.orm, upload) },
    grouping.studies,
    repeated,
    pictures,
    picturesUID,
  );
  if (notesUnassigned) book.add("notes_not_assigned", "warning", null);
  const studies: AcceptableStudy[] = [];
  for (const [index, plan] of plans.entries()) {
    const source = { ...plan, images: plan.instances.length + plan.before };
    const options: MakeOptions = {
      folder,
      into: `work/made-${index}`,
      config,
      hashKey,
      serviceLevel: upload.serviceLevel,
      routeOf: (modalities) => {
        const { tags } = plan;
        const study = routableOf(
          db.orm,
          upload,
          { modalities, tags, serviceLevel: upload.serviceLevel },
          deps.now().wall,
        );
        return routeStudy(config, study);
      },
      author: findUser(db.orm, upload.userId)?.username ?? "",
      now: new Date(upload.completedAt ?? deps.now().wall),
      signal,
      tell: (error, severity, fileName) => book.add(error.code, severity, fileName, error.message),
    };
    if (plan.waits === null) {
      const objects = [...plan.instances, ...(await makeObjects(source, options))];
      if (objects.length > 0) studies.push({ plan, objects });
    } else {
      const sound = await soundPictures(source, options);
      if (plan.instances.length + sound.length > 0)
        studies.push({ plan: { ...plan, pictures: sound }, objects: plan.instances });
    }
  }
  tellWaiting(
    studies.map(({ plan }) => plan),
    book,
  );
  const notesStay = studies.length === 0 && Boolean(metadata.clinical_notes) && !notesUnassigned;
  const unasked = rows.some((row) => row.state === "already_delivered" && row.askedAt === null);
  tellRepeats({ files: rows.length, before, unasked }, notesStay, book);
  await syncFolderTree(spool.path(upload.id, "work"));
  signal.throwIfAborted();

  const now = deps.now();
  const accepted = acceptStudies(db, config, upload.id, {
    studies,
    findings: book.all(),
    repeats: (tx, row) => {
      addFindings(tx, row.id, unprovenFiles(tx, config, row, rows));
      return insertRepeats(tx, config, row, rows, now);
    },
    now,
  });
  return { accepted, studies: studies.length, instances: instances.length, refused: book.refused };
}
