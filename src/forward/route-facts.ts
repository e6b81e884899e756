import { type RouteQuestion, type RouteTags, type RouteText, routeConditions } from "../contract/routing.ts";
import { RelayError } from "../core/errors.ts";
import type { Queries } from "../db/database.ts";
import { findInvitation } from "../db/invitations.ts";
import { findStudy } from "../db/studies.ts";
import { findUpload, type UploadRow } from "../db/uploads.ts";
import { findUser } from "../db/users.ts";
import type { InspectedInstance } from "../dicom/inspection.ts";
import { localMinute, minuteOf } from "./route-time.ts";

/** What routing looks at; null: not known, or no longer, which is something else than being empty. */
export type RouteFacts = Readonly<Record<RouteText, readonly string[] | null>> & {
  /** Minute of the box's own day. */
  readonly time: number | null;
};

export interface RoutableStudy {
  readonly facts: RouteFacts;
  /** Asked for by the sender; not empty: replaces routing. */
  readonly destinationIds: readonly string[];
}

const unique = (values: readonly string[]): string[] => [...new Set(values.filter(Boolean))];

type Tagged = Pick<
  InspectedInstance,
  "bodyPartExamined" | "sourceAETitle" | "institutionName" | "studyDescription" | "seriesDescription"
>;

/** What the images of one study say; a rule looks at all of them. */
export const tagsOf = (instances: readonly Tagged[]): RouteTags => ({
  body_part: unique(instances.map((it) => it.bodyPartExamined)),
  ae_title: unique(instances.map((it) => it.sourceAETitle)),
  institution: unique(instances.map((it) => it.institutionName)),
  description: unique(instances.flatMap((it) => [it.studyDescription, it.seriesDescription])),
});

/** Of pictures: what a person said of them. */
export const tagsFrom = (bodyPart: string, description: string): RouteTags => ({
  body_part: unique([bodyPart]),
  ae_title: [],
  institution: [],
  description: unique([description]),
});

const unknownTags = { body_part: null, ae_title: null, institution: null, description: null } as const;

/**
 * A study of an upload as routing sees it at a moment.
 * @param at milliseconds since 1970: the box's own time of day counts
 */
export function routableOf(
  q: Queries,
  upload: Pick<UploadRow, "userId" | "invitationId" | "destinationIds">,
  study: {
    readonly modalities: readonly string[];
    readonly serviceLevel: "routine" | "stat";
    /** null: forgotten with the files. */
    readonly tags: RouteTags | null;
  },
  at: number,
): RoutableStudy {
  const { userId, invitationId } = upload;
  const invitation = invitationId === null ? undefined : findInvitation(q, invitationId);
  const facts = {
    ...(study.tags ?? unknownTags),
    modality: unique(study.modalities),
    service_level: [study.serviceLevel],
    user: unique([findUser(q, userId)?.username ?? ""]),
    // One without a label is an invitation all the same: "*" takes it.
    invitation: invitationId === null ? [] : [invitation?.label || invitationId],
    time: localMinute(at),
  };
  return { facts, destinationIds: upload.destinationIds };
}

/** What is known of a study that was delivered once, when it comes again. */
export const routableAgain = (study: {
  readonly modalities: readonly string[];
  readonly serviceLevel: "routine" | "stat";
  readonly destinationIds: readonly string[];
}): RoutableStudy => ({
  facts: {
    ...unknownTags,
    modality: unique(study.modalities),
    service_level: [study.serviceLevel],
    user: null,
    invitation: null,
    time: null,
  },
  destinationIds: study.destinationIds,
});

/** A study as somebody asks about it. @param at milliseconds since 1970, where the question names no time */
export function routableAsked(question: RouteQuestion, at: number): RoutableStudy {
  const list = (value: string | string[] | undefined) => unique([value ?? []].flat());
  const facts = {
    modality: list(question.modality),
    service_level: [question.service_level ?? "routine"],
    body_part: list(question.body_part),
    user: list(question.user),
    invitation: list(question.invitation),
    ae_title: list(question.ae_title),
    institution: list(question.institution),
    description: list(question.description),
    time: question.time === undefined ? localMinute(at) : minuteOf(question.time),
  };
  return { facts, destinationIds: question.destination_ids ?? [] };
}

/**
 * What a question is about: a study that came earlier, as it was routed then, with what the question gives in its place; without one, what it gives alone.
 * @param at milliseconds since 1970, where neither the study nor the question names a time
 * @throws RelayError not_found
 */
export function routableTried(q: Queries, question: RouteQuestion, at: number): RoutableStudy {
  const given = routableAsked(question, at);
  if (question.study === undefined) return given;
  const { upload_id, study_instance_uid } = question.study;
  const upload = findUpload(q, upload_id);
  const study = upload && findStudy(q, upload.id, study_instance_uid);
  if (!upload || !study) throw new RelayError("not_found");
  const past = routableOf(q, upload, { ...study, tags: study.routeTags }, upload.completedAt ?? at);
  const instead = routeConditions.filter((key) => question[key] !== undefined);
  return {
    facts: { ...past.facts, ...Object.fromEntries(instead.map((key) => [key, given.facts[key]])) },
    destinationIds: question.destination_ids ?? past.destinationIds,
  };
}
