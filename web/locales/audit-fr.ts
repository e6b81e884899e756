import type { auditEn } from "./audit-en.ts";

export const auditFr: Readonly<Record<keyof typeof auditEn, string>> = {
  audit_title: "Journal d’audit",
  audit_text: "Qui a fait quoi, quand et d’où. Rien ne peut y être modifié sans que cela se voie.",
  audit_complete: "Complet : chaque ligne est là, telle qu’elle a été écrite.",
  audit_broken:
    "Incomplet : la ligne {row} manque ou a été modifiée. Laissez le dossier de données tel quel et prévenez la protection des données.",
  audit_from: "Du",
  audit_to: "Au",
  audit_who: "Qui (nom d’utilisateur)",
  audit_event: "Événement",
  audit_upload: "Numéro de l’envoi",
  audit_show: "Afficher",
  audit_older: "Lignes plus anciennes",
  audit_export: "Exporter",
  audit_failed: "échec",
  audit_address: "Adresse",
  audit_study: "Étude (pseudonyme)",
  audit_reason: "Motif",
  audit_any: "Tous les événements",
  audit_none: "Aucune ligne ne correspond.",
};
