import type { auditEn } from "./audit-en.ts";

export const auditDe: Readonly<Record<keyof typeof auditEn, string>> = {
  audit_title: "Protokoll",
  audit_text: "Wer was wann und von wo getan hat. Nichts darin lässt sich unbemerkt ändern.",
  audit_complete: "Vollständig: jede Zeile ist da, wie sie geschrieben wurde.",
  audit_broken:
    "Nicht vollständig: Zeile {row} fehlt oder wurde geändert. Den Datenordner so lassen und den Datenschutz verständigen.",
  audit_from: "Von",
  audit_to: "Bis",
  audit_who: "Wer (Benutzername)",
  audit_event: "Ereignis",
  audit_upload: "Nummer der Übertragung",
  audit_show: "Anzeigen",
  audit_older: "Ältere Zeilen",
  audit_export: "Ausgeben",
  audit_failed: "misslungen",
  audit_address: "Adresse",
  audit_study: "Studie (Pseudonym)",
  audit_reason: "Grund",
  audit_any: "Alle Ereignisse",
  audit_none: "Keine Zeile passt.",
};
