import { catalogue } from "./entry.ts";

/** What unpacking can refuse (CONTRACT §4.2). The rest of the upload goes on. */
export const archiveErrors = catalogue({
  archive_bomb: {
    title: "Archive too large when opened",
    cause: "The archive opens to far more data than it has any reason to.",
    acts: "sender",
    action: "Send the folder itself instead of the archive.",
    retryable: false,
  },
  archive_unsafe_path: {
    title: "Archive with unsafe names",
    cause: "The archive holds a file name that points outside its own folder.",
    acts: "sender",
    action: "Make the archive again from the study folder alone.",
    retryable: false,
  },
  archive_link: {
    title: "Archive with links",
    cause: "The archive holds a link or a device instead of a file.",
    acts: "sender",
    action: "Make the archive again without links.",
    retryable: false,
  },
  archive_encrypted: {
    title: "Archive has a password",
    cause: "The archive is locked with a password.",
    acts: "sender",
    action: "Unlock it first, or choose another file.",
    retryable: false,
  },
  archive_corrupt: {
    title: "Archive damaged",
    cause: "The archive is damaged or was cut short.",
    acts: "sender",
    action: "Copy it again from its source and send it once more.",
    retryable: false,
  },
  archive_volume_missing: {
    title: "Part of the archive is missing",
    cause: "The archive is one part of several, and the others were not sent with it.",
    acts: "sender",
    action: "Choose all parts together and send them once more.",
    retryable: false,
  },
  archive_unsupported: {
    title: "Archive cannot be opened here",
    cause: "The archive uses a method that cannot be opened here.",
    acts: "sender",
    action: "Send the folder itself, or make an ordinary ZIP of it.",
    retryable: false,
  },
});
