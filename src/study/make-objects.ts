import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import { hashInstance } from "../dicom/data-set-bytes.ts";
import { encapsulatePdfFile } from "../dicom/encapsulated-pdf.ts";
import { readImageHeader } from "../dicom/image-header.ts";
import { inspect } from "../dicom/inspect.ts";
import { plainNotes } from "../dicom/note-context.ts";
import { toSecondaryCapture } from "../dicom/secondary-capture.ts";
import { notesFormOf } from "../forward/enqueue.ts";
import type { AcceptableInstance } from "./group.ts";
import type { Identity } from "./identity.ts";
import { madeKeyOf, madeUid, pictureUid } from "./made-uids.ts";
import { notesObject } from "./notes.ts";
import type { Picture } from "./plan.ts";

export interface MakeOptions {
  /** The upload's folder, absolute. */
  readonly folder: string;
  /** Where in it the objects are put. */
  readonly into: string;
  readonly config: Pick<Config, "intake" | "destination" | "route" | "site_name">;
  readonly hashKey: Uint8Array;
  readonly serviceLevel: "routine" | "stat";
  /** Where a study of these modalities goes: what is to be said of notes depends on who takes them. */
  readonly routeOf: (modalities: readonly string[]) => readonly string[];
  /** Display name of who sends. */
  readonly author: string;
  readonly now: Date;
  readonly signal: AbortSignal;
  /** Told of what is refused or changed; the file name is null for notes. */
  readonly tell: (
    error: Pick<RelayError, "code" | "message">,
    severity: "refused" | "warning",
    fileName: string | null,
  ) => void;
}

/** What objects are made from. */
export interface MakePlan {
  readonly identity: Identity;
  /** Of the instances that came as DICOM. */
  readonly modalities: readonly string[];
  /** How many instances came as DICOM. */
  readonly images: number;
  readonly pictures: readonly Picture[];
  readonly notes: string | null;
}

/** Series numbers of what is made here come behind those of scanners. */
const pictureSeriesNumber = 980;

/**
 * Makes the objects of a study that nobody sent as DICOM: pictures, PDFs, notes. Made again, by whatever upload, they
 * have the same UIDs. The folder is not synced yet.
 * @throws RelayError insufficient_storage; AbortError
 */
export async function makeObjects(plan: MakePlan, options: MakeOptions): Promise<AcceptableInstance[]> {
  await mkdir(join(options.folder, options.into), { recursive: true });
  const made: AcceptableInstance[] = [];
  for (const [index, picture] of plan.pictures.entries()) {
    const object = await tried(plan, picture, index, options);
    if (object !== null) made.push(object);
  }
  // Notes travel with images: without any there is no study they could be put into.
  const notes = plainNotes(plan.notes ?? "");
  if (notes !== "" && plan.images + made.length > 0) {
    const modalities = [...new Set([...plan.modalities, ...made.map(({ inspected }) => inspected.modality)])];
    made.push(...(await fromNotes({ ...plan, modalities }, notes, options)));
  }
  return made;
}

/**
 * The pictures that can become DICOM; of the others it is told at once why not, before a person is asked whose they are.
 * Nothing that is made for it stays.
 * @throws RelayError insufficient_storage; AbortError
 */
export async function soundPictures(plan: MakePlan, options: MakeOptions): Promise<Picture[]> {
  await mkdir(join(options.folder, options.into), { recursive: true });
  const sound: Picture[] = [];
  for (const [index, picture] of plan.pictures.entries()) {
    const object = await tried(plan, picture, index, options);
    if (object === null) continue;
    sound.push(picture);
    await rm(join(options.folder, object.path));
  }
  return sound;
}

/** The object of a picture; null where the picture is refused, which is told. */
async function tried(
  plan: MakePlan,
  picture: Picture,
  index: number,
  options: MakeOptions,
): Promise<AcceptableInstance | null> {
  options.signal.throwIfAborted();
  try {
    return await fromPicture(plan, picture, index, options);
  } catch (error) {
    if (!(error instanceof RelayError) || error.code === "insufficient_storage") throw error;
    options.tell(error, "refused", picture.fileName);
    return null;
  }
}

async function fromPicture(
  { identity }: MakePlan,
  picture: Picture,
  index: number,
  options: MakeOptions,
): Promise<AcceptableInstance> {
  const source = join(options.folder, picture.path);
  const path = `${options.into}/picture-${index}`;
  const { patient, study } = identity;
  const sopInstanceUID = pictureUid(options, identity, picture.sha256);
  if (picture.kind === "pdf") {
    const seriesInstanceUID = madeUid(options, identity, "documents");
    const context = {
      patient,
      study,
      seriesInstanceUID,
      sopInstanceUID,
      now: options.now,
      siteName: options.config.site_name,
    };
    await encapsulatePdfFile(source, join(options.folder, path), context, { title: "Document" });
    return finished(path, picture.fileName, options);
  }
  const header = await readImageHeader(source);
  const { warnings } = await toSecondaryCapture(
    source,
    header,
    {
      patient,
      study,
      series: {
        seriesInstanceUID: madeUid(options, identity, "pictures"),
        number: pictureSeriesNumber,
        description: "Pictures",
        modality: identity.modality,
        bodyPart: identity.bodyPart,
      },
      sopInstanceUID,
      instanceNumber: index + 1,
      now: options.now,
    },
    join(options.folder, path),
  );
  for (const { code, message } of warnings) options.tell({ code, message }, "warning", picture.fileName);
  return finished(path, picture.fileName, options);
}

/**
 * The notes once for every form in which a configured destination takes them: an administrator may redirect the study.
 * What is to be said of a form is said where the study goes to somebody who takes it.
 */
async function fromNotes(plan: MakePlan, notes: string, options: MakeOptions): Promise<AcceptableInstance[]> {
  const { destination, intake } = options.config;
  const wanted = new Set([intake.notes_as, ...destination.map((it) => it.notes_as ?? intake.notes_as)]);
  const { modalities } = plan;
  const taken = options.routeOf(modalities).map((id) => notesFormOf(options.config, id));
  const made: AcceptableInstance[] = [];
  for (const form of ["sr", "pdf"] as const) {
    if (!wanted.has(form)) continue;
    const { patient, study } = plan.identity;
    const context = {
      patient,
      study,
      seriesInstanceUID: madeUid(options, plan.identity, "notes", form),
      sopInstanceUID: madeUid(options, plan.identity, "note", form, notes),
      author: options.author,
      serviceLevel: options.serviceLevel,
      notes,
      now: options.now,
      siteName: options.config.site_name,
    };
    const bytes = await notesObject(form, context, (code, message) => {
      if (taken.includes(form)) options.tell({ code, message }, "warning", null);
    });
    const path = `${options.into}/notes-${form}`;
    await writeFile(join(options.folder, path), bytes, { mode: 0o600 });
    // A study that comes in several uploads takes the same notes along each time: the same object, that is sent once.
    made.push({ ...(await finished(path, "", options)), notesAs: form });
  }
  return made;
}

/** Holds what was made against the same rules as what comes from outside. */
async function finished(path: string, fileName: string, { folder, hashKey }: MakeOptions): Promise<AcceptableInstance> {
  const absolute = join(folder, path);
  const inspected = await inspect(absolute);
  if (inspected.kind !== "instance") throw new Error(`an object made here is not sound: ${inspected.kind}`);
  const sha256 = await hashInstance(absolute, inspected.head, inspected.dataSetOffset);
  const objectKey = madeKeyOf(hashKey, inspected.sopInstanceUID);
  return { inspected, path, fileSize: (await stat(absolute)).size, sha256, fileName, objectKey, made: true };
}
