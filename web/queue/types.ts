import type { UploadSummary } from "../../src/contract/status.ts";

/** What one chosen file is, as far as this device can tell. */
export interface ChosenFile {
  /** Path as the picker or the drop gave it: `CD/DICOM/IM1`. */
  readonly name: string;
  readonly size: number;
  readonly file: File;
  /** It could not even be opened; `file` is empty. */
  readonly unreadable?: true;
}

/** One instance's header fields, as the intake worker read them. */
export interface ReadHeader {
  readonly studyInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly patientName: string;
  readonly patientID: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly studyDate: string;
  readonly studyDescription: string;
  readonly modality: string;
  readonly bodyPart: string;
}

/** One of several studies in one archive. */
export interface DraftPart {
  readonly patientName: string;
  readonly patientID: string;
  /** YYYYMMDD */
  readonly patientBirthDate: string;
  readonly studyDate: string;
  readonly modality: string;
  readonly imageCount: number;
}

/** A study as the device sees it before anything is sent: one upload will be made of it. */
export interface DraftStudy {
  readonly id: string;
  readonly kind: "dicom" | "archive" | "pictures";
  /** "" where the device could not read it (a RAR, a locked archive). */
  readonly studyInstanceUID: string;
  readonly patientName: string;
  readonly patientID: string;
  /** YYYYMMDD */
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly studyDate: string;
  readonly description: string;
  readonly modalities: readonly string[];
  readonly bodyPart: string;
  readonly seriesCount: number;
  readonly imageCount: number;
  /** The studies of an archive that holds several; empty where the draft is one. */
  readonly parts: readonly DraftPart[];
  readonly bytes: number;
  readonly files: readonly ChosenFile[];
  /** Whole archives among them: the box opens them. */
  readonly archives: readonly string[];
  readonly warnings: readonly string[];
}

export interface ScanResult {
  readonly studies: readonly DraftStudy[];
  /** Clutter, counted: DICOMDIR, viewer, thumbnails. */
  readonly leftOut: number;
  /** Files that could not be read on this device, by name. */
  readonly unreadable: readonly string[];
}

/** What the images say wrongly of their patient; "" where what they say stays. */
export interface Correction {
  /** Why; the audit keeps it. */
  readonly reason: string;
  readonly patientName: string;
  readonly patientID: string;
  /** YYYYMMDD */
  readonly patientBirthDate: string;
  readonly patientSex: string;
}

/** What the person adds on the confirm screen. */
export interface Confirmation {
  readonly patientName: string;
  readonly patientID: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly serviceLevel: "routine" | "stat";
  readonly clinicalNotes: string;
  readonly studyName: string;
  readonly accessionNumber: string;
  /** Why it is sent again although it was delivered. */
  readonly resendReason: string;
  /** Of an archive with several patients: those the person has checked (core/patient-key.ts); the others wait at the box. */
  readonly patients?: readonly string[];
  /** By who may correct: the study waits at the box for it, which this device gives it. */
  readonly correction?: Correction;
}

/** Where a study stands on its way from this device; the server's own state is in `status`. */
export type LocalState =
  | "saving" // bytes go into the device's store
  | "waiting" // saved; waits for the network, its turn or the next try
  | "uploading"
  | "paused"
  | "at_box" // complete was answered: the box has everything
  | "needs_you" // a person must confirm, sign in or choose files again
  | "done" // terminal at the server, or cancelled here
  | "failed";

/** Why a study waits or needs somebody; the screens have the words. */
export type WaitCause =
  | "offline"
  | "retry"
  | "turn"
  | "urgent_first"
  | "other_tab"
  | "signed_out"
  | "box_busy"
  | "box_full"
  | "files_gone"
  | "confirmation"
  | "refused";

/** One study in the device's queue, as the screens see it. Plain data, replaced as a whole at each change. */
export interface QueuedStudy {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly state: LocalState;
  readonly cause: WaitCause | null;
  /** When the next try is made, milliseconds since 1970. */
  readonly nextTryAt: number | null;
  /** False where the device could not keep the bytes: they are gone when the page closes. */
  readonly kept: boolean;
  readonly title: {
    readonly patientName: string;
    readonly patientID: string;
    readonly patientBirthDate: string;
    readonly studyDate: string;
    readonly description: string;
    readonly modalities: readonly string[];
  };
  readonly serviceLevel: "routine" | "stat";
  readonly imageCount: number;
  readonly totalBytes: number;
  readonly savedBytes: number;
  readonly sentBytes: number;
  /** Measured over the last chunks, bytes a second; null until known. */
  readonly rate: number | null;
  /** Seconds left at that rate; null until known. */
  readonly eta: number | null;
  readonly fileCount: number;
  /** Files that the archive has from earlier: they are not sent. */
  readonly alreadyThere: number;
  /** When the box had everything, milliseconds since 1970. */
  readonly atBoxAt: number | null;
  readonly uploadId: string | null;
  /** The server's last word. */
  readonly status: UploadSummary | null;
  readonly error: { readonly code: string; readonly message: string; readonly requestId: string | null } | null;
  readonly finishedAt: number | null;
}

/** Connection as measured by our own requests. */
export interface Link {
  readonly state: "online" | "slow" | "offline";
  /** Bits a second, null until measured. */
  readonly bitsPerSecond: number | null;
}

/** A study that the archive has. */
export interface Earlier {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly imageCount: number;
}

/** The device's queue: the one thing the screens talk to. One uploader runs per device, whatever the number of tabs. */
export interface Queue {
  readonly studies: readonly QueuedStudy[];
  readonly link: Link;
  /** Called at every change, at most ten times a second. @returns stops listening */
  subscribe(listener: () => void): () => void;
  /** Reads headers in a worker. Files are not copied yet. */
  scan(
    files: readonly ChosenFile[],
    progress: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<ScanResult>;
  /** The same study, delivered before from any device of this person; null where the box does not say so, or cannot be asked. */
  deliveredBefore(studyInstanceUID: string): Promise<Earlier | null>;
  /** Bytes that the device can still keep, 10 % spared; null where it does not say. */
  room(): Promise<number | null>;
  /** Stores the bytes, then the study; resolves when it may be shown as saved. */
  add(draft: DraftStudy, confirmation: Confirmation): Promise<void>;
  /**
   * Puts files in the place of those that this device lost; only the very same bytes are taken.
   * @returns how many were found, and how many files of the study are still not among them
   */
  rechoose(
    id: string,
    files: readonly ChosenFile[],
    progress: (bytes: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<{ readonly found: number; readonly missing: number }>;
  /** Opens at the box what waits here, so that it goes on when its person has signed out. */
  handOver(): Promise<void>;
  pause(id: string): void;
  resume(id: string): void;
  /** Also at the box. */
  cancel(id: string): Promise<void>;
  /** Tries now what waits; at the box, sends again what was refused or parked. */
  retry(id: string): Promise<void>;
  accept(id: string): Promise<void>;
  confirm(id: string, studyInstanceUID: string, confirmation: Partial<Confirmation>): Promise<void>;
  reject(id: string, studyInstanceUID: string, reason: string): Promise<void>;
  /** Takes a finished study out of the list. */
  dismiss(id: string): Promise<void>;
}
