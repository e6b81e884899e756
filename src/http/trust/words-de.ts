import type { TrustWords } from "./words.ts";

export const de: TrustWords = {
  title: "Dieses Gerät einrichten",
  lead: "Die Klinik-Box hat ein eigenes Zertifikat. Sobald dieses Gerät ihm vertraut, öffnet sich die App ohne Warnung und auch ohne Verbindung.",
  checking: "Dieses Gerät wird geprüft …",
  trusted: "Dieses Gerät vertraut RelayPACS.",
  untrusted: "Dieses Gerät vertraut RelayPACS noch nicht. Bitte den Schritten unten folgen.",
  unknown: "Dieser Browser kann nicht sagen, ob er der Box vertraut.",
  open: "RelayPACS öffnen",
  certificate: "Zertifikat herunterladen",
  profile: "Profil herunterladen",
  compare: "Zuerst vergleichen",
  compareText: "Diesen Fingerabdruck (SHA-256) bei der IT erfragen und vergleichen. Weicht er ab, nichts installieren.",
  devices: "Schritte für Ihr Gerät",
  other: "Ein anderes Gerät",
  otherText: "Mit dessen Kamera scannen.",
  managed:
    "Das Zertifikat dieser Box kommt von der IT Ihrer Klinik. Geräte, die die IT betreut, vertrauen ihm bereits; für andere bitte die IT fragen.",
  language: "Sprache",
  skip: "Zum Inhalt springen",
  deviceSteps: [
    {
      id: "ios",
      name: "iPhone und iPad",
      download: "profile",
      important: 2,
      steps: [
        "Diese Seite in Safari öffnen, das Profil herunterladen und Zulassen wählen.",
        "Einstellungen › Allgemein › VPN & Geräteverwaltung › „{name}“ › Installieren.",
        "Einstellungen › Allgemein › Info › Zertifikatsvertrauenseinstellungen: „{name}“ einschalten.",
      ],
    },
    {
      id: "android",
      name: "Android",
      download: "certificate",
      steps: [
        "Zertifikat herunterladen.",
        "Einstellungen öffnen und nach „CA-Zertifikat“ suchen (Sicherheit › Verschlüsselung & Anmeldedaten › Zertifikat installieren).",
        "Trotzdem installieren wählen, dann die Datei relaypacs-ca.crt.",
      ],
    },
    {
      id: "windows",
      name: "Windows (Edge, Chrome)",
      download: "certificate",
      steps: [
        "Zertifikat herunterladen und öffnen.",
        "Zertifikat installieren › Aktueller Benutzer › Alle Zertifikate in folgendem Speicher speichern.",
        "Durchsuchen › Vertrauenswürdige Stammzertifizierungsstellen › Fertig stellen › Ja. Dann den Browser neu starten.",
      ],
    },
    {
      id: "macos",
      name: "Mac (Safari, Chrome)",
      download: "certificate",
      steps: [
        "Zertifikat herunterladen und öffnen; die Schlüsselbundverwaltung nimmt es in „Anmeldung“ auf.",
        "Dort „{name}“ doppelklicken und Vertrauen aufklappen.",
        "„Bei Verwendung dieses Zertifikats“ auf Immer vertrauen stellen und das Fenster schließen.",
      ],
    },
    {
      id: "firefox",
      name: "Firefox",
      download: "certificate",
      steps: [
        "Zertifikat herunterladen.",
        "Einstellungen › Datenschutz & Sicherheit › Zertifikate › Zertifikate anzeigen › Zertifizierungsstellen › Importieren.",
        "relaypacs-ca.crt wählen und „Dieser CA vertrauen, um Websites zu identifizieren“ ankreuzen.",
      ],
    },
  ],
};
