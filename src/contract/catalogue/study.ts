import { catalogue } from "./entry.ts";

/** What can be said of a study as a whole. Warnings. */
export const studyErrors = catalogue({
  series_incomplete: {
    title: "Series may be incomplete",
    cause: "Going by its numbers or by the disc's directory, images of the series are missing from the upload.",
    acts: "sender",
    action: "Compare with the source; send the missing images in an upload of their own.",
    retryable: false,
  },
  directory_incomplete: {
    title: "Fewer images than on the disc",
    cause: "The disc's directory lists images of the study that were not sent.",
    acts: "sender",
    action: "Copy the disc again and send it whole; what arrived already is kept.",
    retryable: false,
  },
});
