import type { deviceEn } from "./device-en.ts";

export const deviceDe: Readonly<Record<keyof typeof deviceEn, string>> = {
  device_title: "Dieses Gerät",
  device_shared: "Mehrere Personen benutzen dieses Gerät",
  device_text:
    "Patientennamen stehen dann als Initialen da, bis Sie sie antippen, und der Bildschirm wird nach 2 Minuten ohne Berührung gesperrt. Hinter der Sperre wird weiter gesendet.",
  show_name: "Namen zeigen",
  lock: "Sperren",
  key_l: "Gemeinsames Gerät sperren",
  locked_title: "Gesperrt",
  locked_lead: "{name} ist an diesem Gerät angemeldet. Mit dem Passwort geht es weiter.",
  locked_other: "Sie sind jemand anderes? {name} wird abgemeldet; Studien unterwegs werden weiter gesendet.",
  unlock: "Entsperren",
  trust_title: "Dieser Box vertrauen",
  trust_text:
    "Wie ein Telefon, Tablet oder Rechner der Klinik-Box vertraut, mit dem Zertifikat und seinem Fingerabdruck.",
  trust_open: "Gerät einrichten",
};
