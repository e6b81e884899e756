import type { TrustWords } from "./words.ts";

export const en: TrustWords = {
  title: "Set up this device",
  lead: "The hospital box has a certificate of its own. Once this device trusts it, the app opens without a warning and also without a connection.",
  checking: "Checking this device…",
  trusted: "This device trusts RelayPACS.",
  untrusted: "This device does not trust RelayPACS yet. Follow the steps below.",
  unknown: "This browser cannot tell whether it trusts the box.",
  open: "Open RelayPACS",
  certificate: "Download the certificate",
  profile: "Download the profile",
  compare: "Compare first",
  compareText: "Ask IT for this fingerprint (SHA-256) and compare it. Install nothing when it differs.",
  devices: "Steps for your device",
  other: "Another device",
  otherText: "Scan this with its camera.",
  managed:
    "The certificate of this box comes from your hospital's IT. Devices that IT looks after trust it already; for any other one ask IT.",
  language: "Language",
  skip: "Skip to the content",
  deviceSteps: [
    {
      id: "ios",
      name: "iPhone and iPad",
      download: "profile",
      important: 2,
      steps: [
        "Open this page in Safari, download the profile and choose Allow.",
        "Settings › General › VPN & Device Management › “{name}” › Install.",
        "Settings › General › About › Certificate Trust Settings: switch “{name}” on.",
      ],
    },
    {
      id: "android",
      name: "Android",
      download: "certificate",
      steps: [
        "Download the certificate.",
        "Open Settings and search for “CA certificate” (Security › Encryption & credentials › Install a certificate).",
        "Choose Install anyway, then the file relaypacs-ca.crt.",
      ],
    },
    {
      id: "windows",
      name: "Windows (Edge, Chrome)",
      download: "certificate",
      steps: [
        "Download the certificate and open it.",
        "Install Certificate › Current User › Place all certificates in the following store.",
        "Browse › Trusted Root Certification Authorities › Finish › Yes. Then restart the browser.",
      ],
    },
    {
      id: "macos",
      name: "Mac (Safari, Chrome)",
      download: "certificate",
      steps: [
        "Download the certificate and open it; Keychain Access adds it to “login”.",
        "Double-click “{name}” there and open Trust.",
        "Set “When using this certificate” to Always Trust and close the window.",
      ],
    },
    {
      id: "firefox",
      name: "Firefox",
      download: "certificate",
      steps: [
        "Download the certificate.",
        "Settings › Privacy & Security › Certificates › View Certificates › Authorities › Import.",
        "Choose relaypacs-ca.crt and tick “Trust this CA to identify websites”.",
      ],
    },
  ],
};
