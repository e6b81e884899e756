import { catalogue } from "./entry.ts";

/** What happens to an upload after its bytes are here (CONTRACT §4). */
export const intakeErrors = catalogue({
  left_out: {
    title: "Left out",
    cause: "The file is neither a DICOM object nor an archive nor an image.",
    acts: "nobody",
    action: "It was left out.",
    retryable: false,
  },
  nothing_to_send: {
    title: "Nothing to send",
    cause: "Nothing in this upload can be sent: no usable medical image was found.",
    acts: "sender",
    action: "See what is said of each file, check that the right folder was chosen, and send again.",
    retryable: false,
  },
  image_unsupported: {
    title: "Picture not taken",
    cause: "Photos and pictures cannot be turned into DICOM by this version.",
    acts: "sender",
    action: "Send the DICOM images; keep the picture.",
    retryable: false,
  },
  sop_conflict: {
    title: "Two different images with one identifier",
    cause: "Two different files carry the same SOP Instance UID; only the first is sent.",
    acts: "vendor",
    action: "Export the images again at the scanner or workstation.",
    retryable: false,
  },
  duplicate_instance: {
    title: "Sent twice",
    cause: "The same image was in the upload more than once; it is sent once.",
    acts: "nobody",
    action: "Nothing needs to be done.",
    retryable: false,
  },
  patient_mismatch: {
    title: "Two patients in one study",
    cause: "Images of one study name different patients; only those of the first are sent.",
    acts: "sender",
    action: "Find out whose images these are before sending the rest.",
    retryable: false,
  },
  several_patients: {
    title: "Several patients",
    cause: "The upload holds images of several patients; they are sent as separate studies.",
    acts: "sender",
    action: "Check that every study belongs to the patient it names.",
    retryable: false,
  },
  series_shared: {
    title: "One series in two studies",
    cause: "Two studies use the same Series Instance UID.",
    acts: "vendor",
    action: "They are sent as they are; check at the archive.",
    retryable: false,
  },
  notes_not_assigned: {
    title: "Clinical notes not assigned",
    cause: "The upload holds several studies, so it is not known to which the clinical notes belong.",
    acts: "sender",
    action: "Send the notes with the one study they belong to.",
    retryable: false,
  },
  notes_not_sent: {
    title: "Clinical notes not sent",
    cause: "Clinical notes cannot be turned into DICOM by this version.",
    acts: "sender",
    action: "Pass the clinical question on another way.",
    retryable: false,
  },
  waiting_for_space: {
    title: "Waiting for disk space",
    cause: "The box has too little free disk space to go on.",
    acts: "it",
    action: "Free disk space; the work goes on by itself.",
    retryable: true,
  },
  files_lost: {
    title: "Files lost",
    cause: "The files of this upload are no longer on the box.",
    acts: "sender",
    action: "Send the study again.",
    retryable: false,
  },
});
