import type { Order } from "../contract/invitation.ts";
import type { RouteTags } from "../contract/routing.ts";
import type { ExpectedStudy, StudyMetadata } from "../contract/upload.ts";
import { tagsFrom } from "../forward/route-facts.ts";
import { differsFromOrder, type WaitReason, waitReason, waitReasonOfPictures } from "./decide.ts";
import type { RepeatedStudy } from "./duplicates.ts";
import type { AcceptableInstance, GroupedStudy } from "./group.ts";
import { type Identity, identityFrom, identityOf, identityOfRow, isIdentified } from "./identity.ts";

/** A picture or a PDF on its way to become an object of a study. */
export interface Picture {
  readonly kind: "jpeg" | "png" | "pdf";
  /** Relative to the upload's spool folder. */
  readonly path: string;
  readonly fileName: string;
  /** Of the file as it came, hex. */
  readonly sha256: string;
}

/** One study of an upload as it will be accepted. */
export interface StudyPlan {
  readonly identity: Identity;
  readonly modalities: string[];
  /** What routing looks at beside them; null: not known any more. */
  readonly tags: RouteTags | null;
  readonly instances: readonly AcceptableInstance[];
  readonly pictures: readonly Picture[];
  /** Images of it that are at the destinations already and did not come again. */
  readonly before: number;
  readonly notes: string | null;
  readonly waits: WaitReason | null;
}

/** A study that is not here again is what it was; null where that is not known any more. */
function identityThen({ studyInstanceUID, modalities, earlier }: RepeatedStudy): Identity | null {
  const identity = { ...identityOfRow(earlier, studyInstanceUID), modality: modalities[0] ?? "" };
  return isIdentified(identity) ? identity : null;
}

/**
 * Which object goes into which study, and which study waits (CONTRACT §4.5, §4.6). Pictures join the one DICOM study of
 * the upload, else they are a study of their own; notes go to the one study there is. A study of which files were delivered
 * before counts as well, also where nothing of it came.
 * @param picturesUID Study Instance UID for pictures that stand alone
 */
export function planStudies(
  upload: {
    metadata: StudyMetadata;
    expected: readonly ExpectedStudy[] | null;
    /** What the QR session it came through was opened for. */
    order?: Order | null;
  },
  grouped: readonly GroupedStudy[],
  repeated: readonly RepeatedStudy[],
  pictures: readonly Picture[],
  picturesUID: string,
): { readonly plans: StudyPlan[]; readonly notesUnassigned: boolean } {
  const notHere = repeated.filter((it) => grouped.every((study) => study.studyInstanceUID !== it.studyInstanceUID));
  const joined = grouped.length + notHere.length === 1;
  const clinicalNotes = upload.metadata.clinical_notes || null;
  const plans: Omit<StudyPlan, "notes">[] = grouped.map((study) => ({
    identity: identityOf(study.first),
    modalities: study.modalities,
    tags: study.tags,
    instances: study.instances,
    pictures: joined ? pictures : [],
    before: 0,
    waits: waitReason(study.studyInstanceUID, study.first, upload.expected),
  }));
  const [earlier] = joined ? notHere : [];
  const then = earlier ? identityThen(earlier) : null;
  if (earlier && then && (pictures.length > 0 || clinicalNotes !== null)) {
    const { studyInstanceUID, modalities, instances: before } = earlier;
    const came = { patientID: then.patient.id, patientBirthDate: then.patient.birthDate };
    const waits = waitReason(studyInstanceUID, came, upload.expected);
    plans.push({
      identity: then,
      modalities,
      tags: earlier.earlier?.routeTags ?? null,
      instances: [],
      pictures,
      before,
      waits,
    });
  } else if ((!joined || earlier) && pictures.length > 0) {
    const identity = identityFrom(upload.metadata, picturesUID);
    plans.push({
      identity,
      modalities: [],
      tags: tagsFrom(identity.bodyPart, identity.study.description),
      instances: [],
      pictures,
      before: 0,
      waits: isIdentified(identity) ? waitReasonOfPictures(identity, upload.expected) : "metadata_required",
    });
  }
  const uids = [...plans.map(({ identity }) => identity.study), ...notHere].map((it) => it.studyInstanceUID);
  const several = new Set(uids).size > 1;
  const notes = several ? null : clinicalNotes;
  const waitsOf = ({ identity, waits }: Omit<StudyPlan, "notes">) =>
    waits !== "metadata_required" && differsFromOrder(upload.order ?? null, identity) ? "order_differs" : waits;
  return {
    plans: plans.map((plan) => ({ ...plan, notes, waits: waitsOf(plan) })),
    notesUnassigned: several && clinicalNotes !== null,
  };
}
