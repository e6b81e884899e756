import type { QueuedStudy } from "../queue/types.ts";
import { clock, duration, initials, moment, personName, rate, size } from "./format.ts";
import { isShared } from "./settings.ts";
import { deliveriesOf, faceOf, isOnItsWay, stageOf } from "./study-state.ts";
import { say, type Word } from "./text.ts";

/** The sentences of the progress card that carry numbers. */

/** How the study is called: the patient, else what it is. On a shared device it is said with initials alone. */
export const titleOf = ({ title }: QueuedStudy): string => {
  const name = personName(title.patientName);
  return (isShared() ? initials(name) : name) || title.description || say("a_study");
};

/** The sentence under the state. @param now milliseconds since 1970 */
export function sentenceOf(study: QueuedStudy, now: number): string {
  const face = faceOf(study);
  const parts = [face.text === null ? (numbered[face.title]?.(study) ?? "") : say(face.text)];
  if (face.title === "st_forwarding") parts.push(forwarding(study));
  if (study.state === "waiting" && study.nextTryAt !== null && study.nextTryAt > now)
    parts.push(say("x_next_try", { time: duration((study.nextTryAt - now) / 1000) }));
  if (!study.kept && face.shelf === "active" && stageOf(study) < 2) parts.push(say("x_not_kept"));
  if (study.alreadyThere > 0 && isOnItsWay(study)) parts.push(earlier(study));
  return parts.filter((part) => part !== "").join(" ");
}

/** Only what every destination has confirmed before counts as there. */
function earlier(study: QueuedStudy): string {
  const { alreadyThere: there, fileCount: total } = study;
  if (there === total) return say("x_all_there", { there, total });
  // what has arrived is not "missing" any more; of a study after a restart only the bare outcome is known
  return stageOf(study) < 2 && there < total ? say("x_partly_there", { there, total, missing: total - there }) : "";
}

/** "14:02 chosen · 14:05 at the box · 14:07 archive confirmed" */
export function timeline(study: QueuedStudy): string {
  const delivered = faceOf(study).title === "st_delivered";
  const steps: [Word, number | null][] = [
    ["t_chosen", study.createdAt],
    ["t_at_box", study.atBoxAt],
    [delivered ? "t_delivered" : "t_ended", study.finishedAt],
  ];
  const taken = steps.flatMap(([word, time]) => (time === null ? [] : [say(word, { time: moment(time) })]));
  return taken.length < 2 ? "" : taken.join(" · ");
}

const counts = (study: QueuedStudy): { done: number; total: number; missing: number } => {
  const deliveries = deliveriesOf(study);
  const done = deliveries.reduce((sum, delivery) => sum + delivery.delivered_instances, 0);
  const total = deliveries.reduce((sum, delivery) => sum + delivery.total_instances, 0);
  return { done, total, missing: total - done };
};

const forwarding = (study: QueuedStudy): string => {
  const names = [...new Set(deliveriesOf(study).map(({ destination_id }) => destination_id))].join(", ");
  return names === "" ? "" : say("x_forwarding", { destination: names, ...counts(study) });
};

const numbered: { readonly [title: string]: (study: QueuedStudy) => string } = {
  st_uploading: (study) => ((study.eta ?? 0) > 3600 ? say("x_slow", { time: duration(study.eta ?? 0) }) : ""),
  st_delivered: (study) => {
    const receipt = study.status?.pacs_receipt_id;
    if (study.finishedAt === null || receipt === null || receipt === undefined) return say("x_delivered_plain");
    return `${say("x_delivered", { time: clock(study.finishedAt), receipt: receiptName(receipt) })} ${say("x_erased")}`;
  },
  st_partial: (study) => say("x_partial", counts(study)),
};

/** The first characters are enough to tell two receipts apart on the phone; the whole is copied. */
export const receiptName = (id: string): string =>
  `R-${id
    .replace(/^[^0-9a-zA-Z]*/, "")
    .slice(0, 6)
    .toUpperCase()}`;

/** "610 MB of 1.2 GB · about 6 min · 1.6 Mbps" */
export function amounts(study: QueuedStudy): string {
  const bytes = study.state === "saving" ? study.savedBytes : study.sentBytes;
  const parts = [
    study.imageCount > 0 ? say("images", { n: study.imageCount }) : "",
    say("amount", { sent: size(bytes), total: size(study.totalBytes) }),
  ];
  if (study.state === "uploading") {
    if (study.eta !== null) parts.push(say("about_left", { time: duration(study.eta) }));
    if (study.rate !== null) parts.push(rate(study.rate * 8));
  }
  return parts.filter((part) => part !== "").join(" · ");
}

/** Times relative to the day. */
export const since = (study: QueuedStudy): string => moment(study.finishedAt ?? study.createdAt);

/** What IT is told: codes and ids, nothing of the patient. */
export function itRows(study: QueuedStudy): readonly (readonly [string, string])[] {
  const error = study.error ?? study.status?.error ?? null;
  const codes = deliveriesOf(study).flatMap((delivery) =>
    delivery.error === null ? [] : [`${delivery.destination_id}: ${delivery.error.code}`],
  );
  const rows: [string, string | null | undefined][] = [
    [say("it_state"), [study.state, study.cause, study.status?.state].filter(Boolean).join(" / ")],
    [say("it_code"), [error?.code, ...codes].filter(Boolean).join(", ")],
    [say("it_request"), study.error?.requestId],
    [say("it_upload"), study.uploadId],
  ];
  return rows.filter((row): row is [string, string] => typeof row[1] === "string" && row[1] !== "");
}
