import { catalogue } from "./entry.ts";

/** What can be said of a picture that is to become DICOM. Refusals first, then warnings. */
export const imageErrors = catalogue({
  image_kind_unsupported: {
    title: "Kind of picture not supported",
    cause: "Only JPEG and PNG pictures can be turned into DICOM.",
    acts: "sender",
    action: "Export the picture as JPEG or PNG and send that.",
    retryable: false,
  },
  image_too_large: {
    title: "Picture too large",
    cause: "The picture has more pixels or more bytes than can be turned into DICOM.",
    acts: "sender",
    action: "Export the picture smaller, or send the parts of it that matter.",
    retryable: false,
  },
  image_truncated: {
    title: "Picture cut short",
    cause: "The file ends before the picture does.",
    acts: "sender",
    action: "Copy the picture again from its source and send it once more.",
    retryable: false,
  },
  image_corrupt: {
    title: "Picture damaged",
    cause: "The picture's data is damaged.",
    acts: "sender",
    action: "Copy the picture again from its source and send it once more.",
    retryable: false,
  },
  image_identity_unfit: {
    title: "Name or ID does not fit",
    cause: "The patient's name, an ID, a date or a number is longer than DICOM allows or of another form.",
    acts: "sender",
    action: "Correct the fields of the patient and the study, and send the picture again.",
    retryable: false,
  },
  image_depth_reduced: {
    title: "Colour depth reduced",
    cause: "The picture has 16 bits a colour; DICOM images of this kind have 8.",
    acts: "nobody",
    action: "It is sent with 8 bits a colour.",
    retryable: false,
  },
  image_transparency_removed: {
    title: "Transparency removed",
    cause: "Parts of the picture are transparent, which DICOM does not know.",
    acts: "nobody",
    action: "They were laid on black; check that nothing is lost.",
    retryable: false,
  },
  image_reencoded: {
    title: "Picture encoded anew",
    cause: "The picture lay on its side, or was encoded in a way that archives cannot show.",
    acts: "nobody",
    action: "It was turned upright and written as a baseline JPEG of high quality.",
    retryable: false,
  },
  image_text_shortened: {
    title: "Description shortened",
    cause: "A description is longer than DICOM allows.",
    acts: "nobody",
    action: "Its end was left out of the picture's header.",
    retryable: false,
  },
});
