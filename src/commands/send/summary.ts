import type { Status } from "./wire.ts";

const outcomes: Record<Status["state"], string> = {
  receiving: "The upload is not finished.",
  processing: "The server still works on the upload.",
  needs_confirmation: "A study waits for a person to confirm it.",
  forwarding: "The upload is on its way to the archive.",
  needs_attention: "Needs attention: a study could not be delivered and waits; nothing is lost.",
  delivered: "Delivered: the archive holds everything that was sent.",
  partial: "Delivered in part: some of it was refused or left out.",
  failed: "Failed: nothing was delivered.",
  cancelled: "Cancelled: the upload was stopped.",
  expired: "Expired: the upload took too long and was removed.",
};

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
const warningsShown = 20;

/** The outcome in words; names no patient. */
export function summary(status: Status): string[] {
  const studies = status.studies.flatMap((study, index) => [
    `Study ${index + 1}, ${plural(study.instance_count, "image")}: ${study.state}`,
    ...study.deliveries.map((delivery) => {
      const done = `${delivery.delivered_instances} of ${delivery.total_instances}`;
      const why = delivery.error === null ? "" : `: ${delivery.error.message} (${delivery.error.code})`;
      return `  to ${delivery.destination_id}: ${delivery.state}, ${done}${why}`;
    }),
  ]);
  const warnings = status.warnings.map(
    ({ message, file_name }) => `Note: ${file_name ? `${file_name}: ` : ""}${message}`,
  );
  const more = warnings.length - warningsShown;
  return [
    ...studies,
    ...warnings.slice(0, warningsShown),
    ...(more > 0 ? [`and ${plural(more, "more note")}`] : []),
    ...(status.error === null ? [] : [`${status.error.message} (${status.error.code})`]),
    outcomes[status.state],
    ...(status.pacs_receipt_id ? [`Receipt: ${status.pacs_receipt_id}`] : []),
  ];
}
