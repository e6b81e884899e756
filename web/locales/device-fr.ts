import type { deviceEn } from "./device-en.ts";

export const deviceFr: Readonly<Record<keyof typeof deviceEn, string>> = {
  device_title: "Cet appareil",
  device_shared: "Plusieurs personnes utilisent cet appareil",
  device_text:
    "Les noms des patients sont alors réduits aux initiales jusqu’à ce que vous les touchiez, et l’écran se verrouille après 2 minutes sans geste. L’envoi continue derrière le verrou.",
  show_name: "Afficher le nom",
  lock: "Verrouiller",
  key_l: "Verrouiller un appareil partagé",
  locked_title: "Verrouillé",
  locked_lead: "{name} a une session ouverte sur cet appareil. Entrez le mot de passe pour continuer.",
  locked_other:
    "Vous êtes quelqu’un d’autre ? La session de {name} se ferme ; les études en route continuent d’être envoyées.",
  unlock: "Déverrouiller",
  trust_title: "Faire confiance à ce boîtier",
  trust_text:
    "Comment un téléphone, une tablette ou un ordinateur fait confiance au boîtier de l’hôpital, avec le certificat et son empreinte.",
  trust_open: "Configurer un appareil",
};
