import { withoutPadding } from "../core/trim-end.ts";

import { nativeDicomModel } from "./native-dicom-xml.ts";

/** A data set in the DICOM JSON model (PS3.18 F.2), as loosely as servers write it; keys are lower case here. */
export type JsonDataSet = ReadonlyMap<string, readonly unknown[]>;

/**
 * Reads an answer: JSON (one data set or an array of them) or the Native DICOM Model in XML (PS3.19 A.1).
 * Null where it is neither, such as a proxy's page; an empty body is no data set at all.
 */
export function dataSetsOf(body: string): JsonDataSet[] | null {
  const text = body.replace(/^\uFEFF/, "").trim();
  if (text === "") return [];
  const parsed = text.startsWith("<") ? nativeDicomModel(text) : parseJson(text);
  if (parsed === null || typeof parsed !== "object") return null;
  return (Array.isArray(parsed) ? parsed : [parsed]).filter(isRecord).map(dataSet);
}

/** The items of a sequence. */
export const itemsOf = (set: JsonDataSet, tag: string): JsonDataSet[] =>
  (set.get(tag) ?? []).filter(isRecord).map(dataSet);

/** The first value as text without padding, "" where there is none. */
export function textOf(set: JsonDataSet, tag: string): string {
  const value = set.get(tag)?.[0];
  // Trailing NUL and space are padding of UI and of text (PS3.5 6.2)
  return typeof value === "string" ? withoutPadding(value).trim() : "";
}

/** The first value as a number; servers write it as a number or as digits. */
export function numberOf(set: JsonDataSet, tag: string): number | null {
  const value = set.get(tag)?.[0];
  if (typeof value === "number" && Number.isInteger(value)) return value;
  return typeof value === "string" && /^\s*\d{1,5}\s*$/.test(value) ? Number(value) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function dataSet(raw: Record<string, unknown>): JsonDataSet {
  return new Map(Object.entries(raw).map(([tag, attribute]) => [tag.toLowerCase(), valuesOf(attribute)]));
}

/** `Value` may be missing, empty, or a bare value instead of an array. */
function valuesOf(attribute: unknown): readonly unknown[] {
  if (!isRecord(attribute)) return [];
  const value = attribute.Value ?? attribute.value;
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
