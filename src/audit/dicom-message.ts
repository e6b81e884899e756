import { type AuditEntry, type AuditEvent, auditEvents } from "../contract/audit.ts";
import { type DicomCode, type DicomEvent, dicomEvents } from "./dicom-codes.ts";

/** XML 1.0 2.2: characters that it takes. */
const fits = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0;
  return (
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 32 && code < 0xd800) ||
    (code > 0xdfff && code < 0xfffe) ||
    code > 0xffff
  );
};
const references: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string =>
  [...text].map((character) => references[character] ?? (fits(character) ? character : "\ufffd")).join("");

type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;
const element = (name: string, attributes: Attributes, ...children: readonly string[]): string => {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [` ${key}="${escaped(String(value))}"`],
  );
  const inside = children.join("");
  return `<${name}${written.join("")}${inside === "" ? "/>" : `>${inside}</${name}>`}`;
};

const coded = (name: string, { code, meaning }: DicomCode): string =>
  element(name, { "csd-code": code, codeSystemName: "DCM", originalText: meaning });
/** Words of this product, where the standard has no code. */
const own = (name: string, code: string): string =>
  element(name, { "csd-code": code, codeSystemName: "99RELAYPACS", originalText: code });

const eventOf = (name: string): DicomEvent | undefined =>
  auditEvents.includes(name as AuditEvent) ? dicomEvents[name as AuditEvent] : undefined;

/** What a newer version wrote, and this one does not know. */
const unknownEvent: DicomEvent = { id: { code: "110100", meaning: "Application Activity" }, action: "E" };

const detail = (type: string, value: string | number | boolean): string =>
  element("ParticipantObjectDetail", { type, value: Buffer.from(String(value)).toString("base64") });

/**
 * One entry as an Audit Message (PS3.15 A.5.1): the event, who acted, which system tells it, what it was done to. Every field of
 * the entry is in it, those without a place of their own as details.
 */
export function dicomMessage(entry: AuditEntry, source: string): string {
  const { id, type, action } = eventOf(entry.event) ?? unknownEvent;
  const identification = element(
    "EventIdentification",
    // PS3.15 A.5.2.2: 0 success, 4 minor failure.
    { EventActionCode: action, EventDateTime: entry.time, EventOutcomeIndicator: entry.result === "success" ? 0 : 4 },
    coded("EventID", id),
    ...(type === undefined ? [] : [coded("EventTypeCode", type)]),
    own("EventTypeCode", entry.event),
  );
  const participant = element("ActiveParticipant", {
    UserID: entry.actor_id ?? entry.actor_name ?? "unknown",
    UserName: entry.actor_name,
    UserIsRequestor: entry.actor_id !== null,
    // PS3.15 A.5.2.5: 2 is an IP address.
    ...(entry.address ? { NetworkAccessPointID: entry.address, NetworkAccessPointTypeCode: 2 } : {}),
  });
  /** Type 2 system object, role 3 report: as PS3.15 A.5.3 has studies; ours are named by pseudonyms. */
  const object = (value: string, role: number, kind: string, details: readonly string[] = []): string =>
    element(
      "ParticipantObjectIdentification",
      { ParticipantObjectID: value, ParticipantObjectTypeCode: 2, ParticipantObjectTypeCodeRole: role },
      own("ParticipantObjectIDTypeCode", kind),
      ...details,
    );
  const rest = Object.entries({ ...entry.details, previous: entry.previous, hash: entry.hash });
  return element(
    "AuditMessage",
    {},
    identification,
    participant,
    element("AuditSourceIdentification", { AuditSourceID: source }),
    ...(entry.study === null ? [] : [object(entry.study, 3, "study-pseudonym")]),
    ...(entry.upload_id === null ? [] : [object(entry.upload_id, 20, "upload")]),
    // Role 13 security resource: the row of the audit itself.
    object(
      String(entry.seq),
      13,
      "audit-row",
      rest.map(([name, value]) => detail(name, value)),
    ),
  );
}
