import type { TrustWords } from "./words.ts";

export const fr: TrustWords = {
  title: "Configurer cet appareil",
  lead: "Le boîtier de l’hôpital a son propre certificat. Dès que cet appareil lui fait confiance, l’application s’ouvre sans avertissement, même sans connexion.",
  checking: "Vérification de cet appareil…",
  trusted: "Cet appareil fait confiance à RelayPACS.",
  untrusted: "Cet appareil ne fait pas encore confiance à RelayPACS. Suivez les étapes ci-dessous.",
  unknown: "Ce navigateur ne peut pas dire s’il fait confiance au boîtier.",
  open: "Ouvrir RelayPACS",
  certificate: "Télécharger le certificat",
  profile: "Télécharger le profil",
  compare: "Comparer d’abord",
  compareText:
    "Demandez cette empreinte (SHA-256) au service informatique et comparez. Si elle diffère, n’installez rien.",
  devices: "Étapes pour votre appareil",
  other: "Un autre appareil",
  otherText: "Scannez ce code avec son appareil photo.",
  managed:
    "Le certificat de ce boîtier vient du service informatique de votre hôpital. Les appareils qu’il gère lui font déjà confiance ; pour tout autre, adressez-vous à lui.",
  language: "Langue",
  skip: "Aller au contenu",
  deviceSteps: [
    {
      id: "ios",
      name: "iPhone et iPad",
      download: "profile",
      important: 2,
      steps: [
        "Ouvrez cette page dans Safari, téléchargez le profil et choisissez Autoriser.",
        "Réglages › Général › VPN et gestion de l’appareil › « {name} » › Installer.",
        "Réglages › Général › Informations › Réglages de confiance des certificats : activez « {name} ».",
      ],
    },
    {
      id: "android",
      name: "Android",
      download: "certificate",
      steps: [
        "Téléchargez le certificat.",
        "Ouvrez Paramètres et cherchez « certificat CA » (Sécurité › Chiffrement et identifiants › Installer un certificat).",
        "Choisissez Installer quand même, puis le fichier relaypacs-ca.crt.",
      ],
    },
    {
      id: "windows",
      name: "Windows (Edge, Chrome)",
      download: "certificate",
      steps: [
        "Téléchargez le certificat et ouvrez-le.",
        "Installer un certificat › Utilisateur actuel › Placer tous les certificats dans le magasin suivant.",
        "Parcourir › Autorités de certification racines de confiance › Terminer › Oui. Redémarrez ensuite le navigateur.",
      ],
    },
    {
      id: "macos",
      name: "Mac (Safari, Chrome)",
      download: "certificate",
      steps: [
        "Téléchargez le certificat et ouvrez-le ; Trousseaux d’accès l’ajoute à « session ».",
        "Double-cliquez-y sur « {name} » et ouvrez Se fier.",
        "Réglez « Lors de l’utilisation de ce certificat » sur Toujours approuver et fermez la fenêtre.",
      ],
    },
    {
      id: "firefox",
      name: "Firefox",
      download: "certificate",
      steps: [
        "Téléchargez le certificat.",
        "Paramètres › Vie privée et sécurité › Certificats › Afficher les certificats › Autorités › Importer.",
        "Choisissez relaypacs-ca.crt et cochez « Confirmer cette AC pour identifier des sites web ».",
      ],
    },
  ],
};
