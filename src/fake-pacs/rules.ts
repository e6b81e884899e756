import type { ReceivedPart } from "./behaviour.ts";

export const fakeKinds = [
  "stow-rs",
  "orthanc",
  "dcm4chee",
  "google-healthcare",
  "aws-healthimaging",
  "azure-dicom",
] as const;
export type FakeKind = (typeof fakeKinds)[number];
export type SignInKind = "none" | "client" | "service-account" | "sigv4";

export interface Objection {
  /** FailureReason (0008,1197). */
  readonly reason: number;
  readonly words: string;
}

export interface Counts {
  readonly kept: number;
  readonly failed: number;
  readonly warned: number;
  /** Of the failed: of another study than the address names. */
  readonly strange: number;
}

/** How one archive meets a Store request, as far as it is known (PS3.18 10.5 and what its makers publish). */
export interface KindRules {
  readonly words: string;
  /** Where its DICOMweb service lies. */
  readonly base: string;
  readonly signIn: SignInKind;
  /** The answer where Accept is neither DICOM JSON nor XML: a refusal, or XML. Some give no XML at all. */
  readonly accept: { readonly other: "xml" | "json" | 406; readonly xml: boolean };
  /** Whether one object may come without multipart. */
  readonly single: boolean;
  /** Whether a boundary in quotes is understood. */
  readonly quotedBoundary: boolean;
  /** Status where Content-Type is no multipart or has no boundary. */
  readonly type: 400 | 415;
  /** A part of another type than application/dicom: the request is refused, or the part passed over without a word. */
  readonly otherPart: 400 | 415 | "ignored";
  /** A part that is no DICOM: all is refused; this status though the others are stored; or a failure that names nobody. */
  readonly unreadable: "refused" | 400 | 500 | "failed";
  /** Characters: RFC 2046 5.1.1 has 70. Orthanc's own client sends 73, and is used with the clouds and dcm4chee. */
  readonly longestBoundary: number;
  /** Whether a body may come in chunks, its length unsaid. */
  readonly chunked: boolean;
  /** A body that is no multipart by its own boundary: refused, or nothing is found in it and nothing said. */
  readonly broken: 400 | 200;
  /** Status of a request without a part. */
  readonly empty: number;
  /** Largest request, bytes. */
  readonly mostBytes: number;
  /** The same UID again: the old copy is kept and "stored" said; identical bytes are fine and others fail; refused in any case; kept beside, with a warning. */
  readonly duplicates: "keep" | "identical" | "refuse" | "beside";
  /** FailureReason of an object of another study than the one in the address. */
  readonly otherStudy: number;
  readonly objects: (part: ReceivedPart, held: ReadonlyMap<string, ReceivedPart>) => Objection | null;
  readonly status: (counts: Counts) => number;
  /** What is given back on retrieval: the bytes that came, or the object written anew. */
  readonly gives: "as stored" | "written anew";
  /** What it says of the first failure beside the response module. */
  readonly tells: "nothing" | "warning-299" | "private-text" | "failed-attributes";
  /** Whether Orthanc's own REST API lies at the root. */
  readonly rest: boolean;
}

const GB = 1_000_000_000;
const IMPLICIT_LE = "1.2.840.10008.1.2";
/** PS3.18 table 10.5.3-1: all stored, some stored or with warnings, none stored. */
const standard = ({ kept, failed, warned }: Counts): number =>
  failed === 0 ? (warned > 0 ? 202 : 200) : kept > 0 ? 202 : 409;

const plain: KindRules = {
  words: "a DICOMweb archive as PS3.18 describes it",
  base: "/dicom-web",
  signIn: "none",
  accept: { other: 406, xml: false },
  single: false,
  quotedBoundary: false,
  type: 415,
  otherPart: 400,
  unreadable: "refused",
  longestBoundary: 70,
  chunked: false,
  broken: 400,
  empty: 409,
  mostBytes: 4 * GB,
  duplicates: "keep",
  otherStudy: 0x0110,
  objects: () => null,
  status: standard,
  gives: "as stored",
  tells: "nothing",
  rest: true,
};

export const kindRules: { readonly [K in FakeKind]: KindRules } = {
  "stow-rs": plain,
  orthanc: {
    ...plain,
    longestBoundary: 200,
    chunked: true,
    words: "Orthanc with its DICOMweb plugin, its REST API at the root",
    accept: { other: "json", xml: true },
    unreadable: 400,
    // Measured against 1.10.1: 409 for another study whatever else was stored, 400 where all failed.
    status: (counts) => (counts.strange > 0 ? 409 : counts.failed > 0 && counts.kept === 0 ? 400 : standard(counts)),
    quotedBoundary: true,
    broken: 200,
    empty: 200,
  },
  dcm4chee: {
    ...plain,
    longestBoundary: 200,
    chunked: true,
    words: "dcm4chee-arc",
    base: "/dcm4chee-arc/aets/DCM4CHEE/rs",
    accept: { other: "xml", xml: true },
    quotedBoundary: true,
    type: 400,
    otherPart: "ignored",
    unreadable: 500,
    mostBytes: 10 * GB,
    objects: (part, held) => {
      if (!part.patientID) return { reason: 0xa777, words: "no Patient ID" };
      const same = [...held.values()].find((one) => one.studyInstanceUID === part.studyInstanceUID);
      const conflicts = same !== undefined && same.patientID !== part.patientID;
      return conflicts ? { reason: 0xa778, words: "another Patient ID than the study's" } : null;
    },
    status: ({ kept, failed }) => (kept === 0 ? 409 : failed > 0 ? 202 : 200),
    tells: "warning-299",
    rest: false,
  },
  "google-healthcare": {
    ...plain,
    longestBoundary: 200,
    chunked: true,
    words: "Google Cloud Healthcare",
    base: "/v1/projects/rehearsal/locations/here/datasets/one/dicomStores/store/dicomWeb",
    signIn: "service-account",
    accept: { other: "xml", xml: true },
    single: true,
    quotedBoundary: true,
    unreadable: "failed",
    duplicates: "identical",
    tells: "private-text",
    rest: false,
  },
  "aws-healthimaging": {
    ...plain,
    longestBoundary: 200,
    chunked: true,
    words: "AWS HealthImaging",
    base: "/datastore/0123456789abcdef0123456789abcdef",
    signIn: "sigv4",
    single: true,
    quotedBoundary: true,
    unreadable: "failed",
    mostBytes: GB,
    duplicates: "beside",
    gives: "written anew",
    rest: false,
  },
  "azure-dicom": {
    ...plain,
    longestBoundary: 200,
    chunked: true,
    words: "the Azure DICOM service",
    base: "/v2",
    signIn: "client",
    single: true,
    quotedBoundary: true,
    otherPart: 415,
    unreadable: "failed",
    empty: 204,
    mostBytes: 2 * GB,
    duplicates: "refuse",
    otherStudy: 43265,
    objects: (part) => {
      if (part.transferSyntaxUID === IMPLICIT_LE) return { reason: 272, words: "implicit VR is not supported" };
      return part.patientID === null ? { reason: 43264, words: "(0010,0020) - PatientID is required" } : null;
    },
    tells: "failed-attributes",
    rest: false,
  },
};
