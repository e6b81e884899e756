import { awsProfile } from "../../src/destinations/aws-healthimaging.ts";
import { azureProfile } from "../../src/destinations/azure-dicom.ts";
import { dcm4cheeProfile } from "../../src/destinations/dcm4chee.ts";
import { scopes } from "../../src/destinations/stow-batch.ts";
import { plainProfile, type StowProfile } from "../../src/destinations/stow-profile.ts";
import { decodeText } from "../../src/dicom/character-sets.ts";
import { canDecompress } from "../../src/dicom/frame-decode.ts";
import { studyClasses } from "../../src/dicom/sop-classes.ts";
import { transferSyntaxes } from "../../src/dicom/transfer-syntaxes.ts";
import { statusHex, statusRows } from "../../src/dimse/status.ts";

/** The tables of the conformance statement, each out of the one that the product uses. */
export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

export const sopClassTable = (): string =>
  markdown(
    ["SOP class, by its keyword (PS3.6)", "UID"],
    [...studyClasses].map(([uid, keyword]) => [keyword, uid]),
  );

const implicitLE = "1.2.840.10008.1.2";

export const transferSyntaxTable = (): string =>
  markdown(
    ["transfer syntax", "UID", "in explicit VR, uncompressed, on request", "remark"],
    [...transferSyntaxes].map(([uid, { name, rare, referenced, video }]) => [
      name,
      uid,
      uid === implicitLE || canDecompress(uid) ? "yes" : "",
      [referenced && "pixel data elsewhere", video && "video", rare && "seldom shown by archives: with a warning"]
        .filter(Boolean)
        .join("; "),
    ]),
  );

const results = {
  stored: "stored",
  refused: "refused: not sent again",
  retry: "sent again later",
  again: "sent once more alone, then refused",
  duplicate: "compared with what is there",
} as const;

export const statusTable = (): string =>
  markdown(
    ["status", "meaning", "what the box does"],
    statusRows.map(({ from, to, meaning }) => [
      from === to ? statusHex(from) : `${statusHex(from)} to ${statusHex(to)}`,
      meaning.words,
      results[meaning.result],
    ]),
  );

const scopeWords = {
  instances: "each instance by the lists of the answer; whatever neither names is asked for",
  batch: "what the lists name counts; the rest is asked for, then sent in halves",
  size: "sent in halves",
} as const;

export const storeStatusTable = (): string =>
  markdown(
    ["HTTP status", "what counts"],
    Object.entries(scopes).map(([status, scope]) => [status, scopeWords[scope]]),
  );

const profiles: Readonly<Record<string, StowProfile>> = {
  "stow-rs, google-healthcare": plainProfile,
  dcm4chee: dcm4cheeProfile,
  "aws-healthimaging": awsProfile,
  "azure-dicom": azureProfile,
};

export const profileTable = (): string =>
  markdown(
    [
      "kind",
      "instances in a request",
      "bytes in a request",
      "largest request taken",
      "explicit VR alone",
      "retrieves as stored",
    ],
    Object.entries(profiles).map(([kind, { batch, mostRequestBytes, explicitVR, retrieval }]) => [
      kind,
      String(batch.instances),
      String(batch.bytes),
      mostRequestBytes === null ? "not known" : String(mostRequestBytes),
      explicitVR ? "yes" : "no",
      retrieval.asStored ? "yes" : "no",
    ]),
  );

/** A word in each character set of PS3.3 C.12.1.1.2 and C.12.1.1.3, as bytes. */
const samples: readonly (readonly [term: string, name: string, bytes: string, text: string])[] = [
  ["ISO_IR 6", "default repertoire", "41", "A"],
  ["ISO_IR 100", "Latin alphabet No. 1", "e9", "é"],
  ["ISO_IR 101", "Latin alphabet No. 2", "b1", "ą"],
  ["ISO_IR 109", "Latin alphabet No. 3", "a1", "Ħ"],
  ["ISO_IR 110", "Latin alphabet No. 4", "a1", "Ą"],
  ["ISO_IR 144", "Cyrillic", "b0", "А"],
  ["ISO_IR 127", "Arabic", "c7", "ا"],
  ["ISO_IR 126", "Greek", "c1", "Α"],
  ["ISO_IR 138", "Hebrew", "e0", "א"],
  ["ISO_IR 148", "Latin alphabet No. 5", "dd", "İ"],
  ["ISO_IR 203", "Latin alphabet No. 9", "a4", "€"],
  ["ISO_IR 13", "Japanese, katakana", "d4", "ﾔ"],
  ["ISO_IR 166", "Thai", "a1", "ก"],
  ["\\ISO 2022 IR 87", "Japanese, kanji", "1b2442 3b33 1b2842", "山"],
  ["\\ISO 2022 IR 159", "Japanese, supplementary kanji", "1b242844 3021 1b2842", "丂"],
  ["\\ISO 2022 IR 149", "Korean", "1b242943 b1e8", "김"],
  ["\\ISO 2022 IR 58", "Simplified Chinese", "1b242941 cdf5", "王"],
  ["ISO_IR 192", "Unicode in UTF-8", "e5b1b1", "山"],
  ["GB18030", "GB18030", "cdf5", "王"],
  ["GBK", "GBK", "cdf5", "王"],
];

/** What of them is read with certainty, which is found out by reading. */
export const characterSetTable = (): string =>
  markdown(
    ["defined term", "character set", "read"],
    samples.map(([term, name, bytes, text]) => {
      const decoded = decodeText(Buffer.from(bytes.replaceAll(" ", ""), "hex"), "LO", term);
      return [term.replace("\\", ""), name, decoded.sure && decoded.text === text ? "yes" : "no"];
    }),
  );
