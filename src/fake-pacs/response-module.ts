import type { FakePacsOptions } from "./behaviour.ts";
import type { Judgement } from "./judge.ts";
import { MARK_TAG } from "./mark.ts";
import type { KindRules } from "./rules.ts";

/** A data set in the DICOM JSON model (PS3.18 F.2). */
export type JsonDataSet = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;

export const ui = (uid: string) => ({ vr: "UI", Value: [uid] });
const us = (value: number) => ({ vr: "US", Value: [value] });
const lt = (text: string) => ({ vr: "LT", Value: [text] });
const sequence = (tag: string, items: readonly object[]) =>
  items.length === 0 ? {} : { [tag]: { vr: "SQ", Value: items } };

/** The attribute that says what this answer comes from. */
export const marked = (mark: string): JsonDataSet => ({ [MARK_TAG]: lt(mark) });

/** The Store Instances Response Module (PS3.18 I.2). @param retrieveAt the DICOMweb address @param unreadable failures that name nobody */
export function responseModule(
  judgements: readonly Judgement[],
  unreadable: number,
  rules: KindRules,
  { retrieveAt, mark }: { readonly retrieveAt: string; readonly mark: string },
): JsonDataSet {
  const items = judgements.map(({ part, reason, warning, words }) => ({
    reason,
    item: {
      "00081150": ui(part.sopClassUID),
      "00081155": ui(part.sopInstanceUID),
      ...(reason === null ? {} : { "00081197": us(reason), ...detail(words, rules) }),
      ...(warning === null ? {} : { "00081196": us(warning) }),
    },
  }));
  const failed = items.filter(({ reason }) => reason !== null).map(({ item }) => item);
  const referenced = items.filter(({ reason }) => reason === null).map(({ item }) => item);
  // OtherFailures (0008,119A) names no SOP Instance.
  const others = Array.from({ length: unreadable }, () => ({ "00081197": us(0xc000) }));
  const studies = new Set(judgements.map(({ part }) => part.studyInstanceUID));
  const only = studies.size === 1 && referenced.length > 0 ? [...studies] : [];
  return {
    ...Object.fromEntries(only.map((study) => ["00081190", { vr: "UR", Value: [`${retrieveAt}/studies/${study}`] }])),
    ...sequence("00081199", referenced),
    ...sequence("00081198", failed),
    ...sequence("0008119A", others),
    ...marked(mark),
  };
}

/** Where an archive says more of a failure than its number. */
function detail(words: string, { tells }: KindRules): JsonDataSet {
  if (tells === "private-text") return { "00090010": { vr: "LO", Value: ["GOOGLE"] }, "00091001": lt(words) };
  if (tells === "failed-attributes")
    return { "00741048": { vr: "SQ", Value: [{ "00000902": { vr: "LO", Value: [words] } }] } };
  return {};
}

type Written = { readonly type: string; readonly text: string };

/** As JSON or as the Native DICOM Model (PS3.19 A.1). */
export function written(
  sets: JsonDataSet | readonly JsonDataSet[],
  as: "json" | "xml" | Exclude<FakePacsOptions["answers"], undefined>,
): Written {
  const all = Array.isArray(sets) ? (sets as readonly JsonDataSet[]) : [sets as JsonDataSet];
  if (as === "xml") {
    const text = `<?xml version="1.0" encoding="UTF-8"?>${all.map((one) => model(one)).join("")}`;
    return { type: "application/dicom+xml", text };
  }
  const recased = as === "json" ? sets : withKeys(sets, (key) => cased(key, as));
  return { type: "application/dicom+json", text: JSON.stringify(recased) };
}

/** In upper case the members stay as PS3.18 F.2 names them; in lower case all of it is, as some libraries write it. */
const cased = (key: string, as: "upper-case" | "lower-case"): string =>
  as === "lower-case" ? key.toLowerCase() : /^[0-9a-f]{8}$/i.test(key) ? key.toUpperCase() : key;

function withKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => withKeys(one, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [rename(key), withKeys(one, rename)]));
}

const model = (set: JsonDataSet): string =>
  `<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">${attributes(set)}</NativeDicomModel>`;

function attributes(set: JsonDataSet): string {
  return Object.entries(set)
    .map(([tag, { vr, Value = [] }]) => {
      const values = Value.map((value, index) =>
        vr === "SQ"
          ? `<Item number="${index + 1}">${attributes(value as JsonDataSet)}</Item>`
          : `<Value number="${index + 1}">${escaped(String(value))}</Value>`,
      );
      return `<DicomAttribute tag="${tag}" vr="${vr}">${values.join("")}</DicomAttribute>`;
    })
    .join("");
}

const entities: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[<>&"]/g, (character) => entities[character] ?? "");
