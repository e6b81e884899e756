import { cStoreDefaults } from "../../src/destinations/c-store.ts";
import { MOST_REFERENCES, REPORT_MS } from "../../src/destinations/c-store-commitment.ts";
import { PAGE } from "../../src/destinations/qido.ts";
import { REQUESTS } from "../../src/destinations/stow-rs.ts";
import { implementationClassUID, implementationVersionName } from "../../src/dicom/file-meta.ts";
import { nonPatientClasses, studyClasses } from "../../src/dicom/sop-classes.ts";
import { transferSyntaxes } from "../../src/dicom/transfer-syntaxes.ts";
import { MOST_CONTEXTS } from "../../src/dimse/associate.ts";
import { STORAGE_COMMITMENT } from "../../src/dimse/commitment.ts";
import { OUR_MAX_LENGTH } from "../../src/dimse/pdu.ts";
import { STUDY_ROOT_FIND, VERIFICATION } from "../../src/dimse/services.ts";
import { attributeTable, madeKinds } from "./objects.ts";
import {
  characterSetTable,
  markdown,
  profileTable,
  sopClassTable,
  statusTable,
  storeStatusTable,
  transferSyntaxTable,
} from "./tables.ts";

const nameOf = (uid: string): string => transferSyntaxes.get(uid)?.name ?? uid;

const madeSections = (): string =>
  madeKinds
    .map(
      (kind, index) => `### 8.1.${index + 1} ${kind.title}

SOP class ${kind.sopClassUID}, in ${kind.transferSyntaxes.map(nameOf).join(" or ")}. Made of ${kind.from}.

${attributeTable(kind)}`,
    )
    .join("\n\n");

const associationTable = (): string =>
  markdown(
    ["what", "value"],
    [
      ["application context", "1.2.840.10008.3.1.1.1"],
      ["largest PDU that is taken", `${OUR_MAX_LENGTH} bytes; what is sent keeps to the peer's`],
      ["associations at once, to one archive", `${cStoreDefaults.associations} (\`associations\`, 1 to 16)`],
      ["presentation contexts in one association", `at most ${MOST_CONTEXTS}; then a further association`],
      ["transfer syntaxes in one context", "one"],
      ["operations in flight", "one (asynchronous operations window is not negotiated)"],
      ["silence until an association is given up", `${cStoreDefaults.timeoutSeconds} s (\`timeout_seconds\`)`],
      ["calling AE title", `${cStoreDefaults.callingAETitle} (\`calling_ae_title\`)`],
      ["called AE title", "`called_ae_title`"],
      ["Implementation Class UID", implementationClassUID],
      ["Implementation Version Name", implementationVersionName],
    ],
  );

/** docs/conformance.md: the DICOM conformance statement in the order of PS3.2, its tables out of those that the product uses. */
export const conformanceStatement = (): string => `# DICOM conformance statement

Made by \`bun scripts/conformance-docs.ts\` from the tables that the product works by; a test holds it against them. In the order of PS3.2.

## 1 Overview

RelayPACS takes imaging studies over HTTP from phones, desktops and programs, checks them, and forwards them to one or several archives. It sends; it is no
archive, shows no images, and accepts no images over DICOM.

${markdown(
  ["network service", "user (SCU)", "provider (SCP)"],
  [
    ["Storage", "yes", "no"],
    ["Verification", "yes", "only where reports of storage commitment are awaited"],
    ["Query/Retrieve, Study Root, FIND", "yes, to prove delivery", "no"],
    ["Storage Commitment Push Model", "yes", "no (takes the N-EVENT-REPORT)"],
    ["DICOMweb Store (STOW-RS)", "yes (user agent)", "no"],
    ["DICOMweb Search (QIDO-RS)", "yes, to prove delivery", "no"],
    ["DICOMweb Retrieve (WADO-RS)", "yes, to compare", "no"],
  ],
)}

Media: studies are read from the files of a CD, DVD or stick (with and without DICOMDIR, also within ZIP, RAR, 7z, tar, gzip). A \`folder\` destination
writes DICOM files (PS3.10), without a DICOMDIR: it makes no PS3.11 media.

## 2 What leaves is what came

A data set that came as DICOM leaves byte for byte, private and unknown attributes included. Exceptions, each named in the receipt:

- Implicit VR Little Endian as Explicit VR Little Endian, and compressed images uncompressed, where the destination asks for it (4.1, 5.1).
- One byte of padding behind a data set of odd length, over C-STORE.
- Patient's Name, ID, Birth Date and Sex where a person corrected them: former values, date and modifying system stand in the Original Attributes Sequence
  (0400,0561), reason \`CORRECT\`. An object whose digital signature covers one of them is not corrected.

Preamble and File Meta Information (PS3.10 7.1) are written anew where they are missing, disagree with the data set, or hold the signature of another format.

## 3 Implementation model

${"```"}
phone, desktop, program ──HTTP──▶ RelayPACS ──┬── Storage AE ──C-STORE, C-ECHO, C-FIND, N-ACTION──▶ archive
                                              ├── Commitment AE ◀──N-EVENT-REPORT, C-ECHO────────── archive
                                              ├── Web AE ──STOW-RS, QIDO-RS, WADO-RS──────────────▶ archive
                                              └── folder, Orthanc REST (no DICOM services)
${"```"}

A study is sent when it is complete and confirmed; STAT first. A failure that may pass is tried again for \`retention.retry_hours\`. Delivered means: each instance was
answered as stored and, where the archive can be asked, found there by SOP Instance UID.

## 4 Application entities: DIMSE

### 4.1 Storage AE

Opens associations only. For each pair of SOP class and transfer syntax of the study one presentation context is proposed, with the file's own transfer syntax. With
\`decompress = true\` a second one with ${nameOf("1.2.840.10008.1.2.1")} is proposed beside each that can be written so (5.1), and used where the first is refused.
A refused context refuses its instances, and nothing else waits for it.

${associationTable()}

${markdown(
  ["SOP class", "UID", "transfer syntax", "role"],
  [
    ["Verification", VERIFICATION, nameOf("1.2.840.10008.1.2"), "SCU"],
    ["each storage class of 5.2", "", "as in 5.1", "SCU"],
    ["Study Root Query/Retrieve Information Model, FIND", STUDY_ROOT_FIND, nameOf("1.2.840.10008.1.2"), "SCU"],
    ["Storage Commitment Push Model", STORAGE_COMMITMENT, nameOf("1.2.840.10008.1.2"), "SCU"],
  ],
)}

Statuses of C-STORE; the first row that fits counts, the same numbers are FailureReason and WarningReason of STOW-RS:

${statusTable()}

C-FIND is asked at level IMAGE, for each series: Study Instance UID and Series Instance UID as keys, SOP Instance UID returned. A list that ends with FE00H, unasked, is gone on
with by lists of SOP Instance UIDs (PS3.4 C.2.2.2.2). Extended negotiation is not used.

### 4.2 Commitment AE

With \`commitment_listen\` the archive is asked to commit itself (PS3.4 J): N-ACTION type 1, at most ${MOST_REFERENCES} instances in a transaction. The N-EVENT-REPORT is taken on
the same association or on one that the archive opens to \`commitment_listen\`, which listens only meanwhile, for ${REPORT_MS / 1000} s at most; it accepts
${nameOf("1.2.840.10008.1.2")} for Verification and Storage Commitment. Without a report C-FIND decides, and the receipt says so.

## 5 What can be received and sent

### 5.1 Transfer syntaxes

Others are refused with \`transfer_syntax_unknown\`. All are sent as they came.

${transferSyntaxTable()}

### 5.2 SOP classes

The ${studyClasses.size} storage classes of a patient's study (PS3.4 B.5 and B.6), current and retired. Others are refused, but for those of \`intake.extra_sop_classes\`
(private or newer ones). The ${nonPatientClasses.size} storage classes without a patient (PS3.4 GG.3) belong to no study and are left out.

${sopClassTable()}

## 6 DICOMweb

User agent for PS3.18, of kinds whose figures the configuration may change:

${profileTable()}

- **Store** (10.5): \`POST {url}/studies\`, \`multipart/related; type="application/dicom"\`, answer \`application/dicom+json\` or XML; ${REQUESTS} requests at once to one archive, sizes
  known beforehand. 1 instance is stored when it stands in Referenced SOP Sequence (0008,1199); one that neither list names is asked for.

${storeStatusTable()}

- **Search** (10.6): \`GET {url}/studies/{study}/instances?includefield=00080018\`, by pages of ${PAGE}.
- **Retrieve** (10.4): \`GET {url}/studies/{study}/series/{series}/instances/{instance}\`, \`transfer-syntax=*\`, to compare data sets where an instance lay there before.

Sign-in: none, Basic, Bearer, OAuth 2 client credentials, Google service account, AWS Signature Version 4 ([destinations.md](destinations.md)). No redirect is followed.

## 7 Network and security

TCP/IP, IPv4 and IPv6. HTTP/1.1. DICOM over TLS (PS3.15 B) with the system's authorities or one's own, with a client certificate where wanted; versions and ciphers are
those of BoringSSL in TLS 1.2 and 1.3. Certificates are always checked, names included. User identity negotiation (PS3.7 D.3.3.7) is not used: archives know the box
by address, AE title or certificate. The audit trail can be exported as audit messages of PS3.15 A.5 (\`relaypacs audit export --format dicom\`).
What else is done against attacks: [security.md](security.md).

## 8 Objects and attributes

### 8.1 Objects that are made here

UIDs are a keyed hash of what the object is made of, under \`intake.uid_root\` (2.25 by default, PS3.5 B.2): the same picture of the same patient in the same study is the same object,
however often it is sent. A picture or notes take patient and study from the study they join.

${madeSections()}

### 8.2 Private and extended attributes

None are made. No private or standard extended SOP classes are used; private attributes of received objects stay as they are.

### 8.3 Attributes that are looked at

Patient's Name, ID, Birth Date, Sex; Study Date, Time, ID, Description, Accession Number, Referring Physician's Name; Modality, Body Part Examined, Institution Name; series and
instance numbers; the image description as far as it tells whether the pixel data is whole. Routing uses some of them; none is changed.

## 9 Character sets

What is made here is written in Unicode (ISO_IR 192). Received objects keep theirs; to show and compare names they are read:

${characterSetTable()}

Code extensions (ISO 2022) are read for all of them but Latin alphabet No. 9. What cannot be read with certainty is shown as UTF-8 or Latin-1, and told (\`charset_irregular\`).
`;
