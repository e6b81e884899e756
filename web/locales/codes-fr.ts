import type { codesEn } from "./codes-en.ts";

export const codesFr: Readonly<Record<keyof typeof codesEn, string>> = {
  e_invalid_json:
    "L’application et le boîtier ne se sont pas compris. Rechargez l’application ; sinon, prévenez l’informatique.",
  e_invalid_request: "Le boîtier ne peut pas utiliser l’un des champs. Vérifiez-les ; sinon, prévenez l’informatique.",
  e_unauthorized: "Votre session est terminée. Reconnectez-vous ; rien n’est perdu.",
  e_forbidden: "Votre compte n’y est pas autorisé. Demandez ce droit à l’informatique.",
  e_not_found: "Le boîtier ne connaît plus cet envoi.",
  e_too_many_requests: "Le boîtier demande une courte pause. L’envoi reprend de lui-même.",
  e_service_unavailable: "Le boîtier est occupé. L’envoi reprend de lui-même.",
  e_insufficient_storage: "Le boîtier n’a plus de place. L’envoi reprend dès qu’il y en a.",
  e_internal_error:
    "Un problème est survenu au boîtier. S’il persiste, donnez les détails ci-dessous à l’informatique.",
  e_request_too_large: "Quelque chose en chemin refuse des requêtes de cette taille. De plus petites sont essayées.",
  e_request_timeout: "La connexion était trop lente pour cette partie. Elle est renvoyée.",
  e_unsupported_media_type:
    "L’application et le boîtier ne vont pas ensemble. Rechargez l’application ; sinon, prévenez l’informatique.",
  e_unsupported_encoding:
    "L’application et le boîtier ne vont pas ensemble. Rechargez l’application ; sinon, prévenez l’informatique.",
  e_encoding_invalid: "Une partie a été abîmée en chemin. Elle est renvoyée.",
  e_host_invalid:
    "L’application et le boîtier ne vont pas ensemble. Rechargez l’application ; sinon, prévenez l’informatique.",
  e_invalid_credentials: "Le nom d’utilisateur ou le mot de passe est incorrect.",
  e_password_unfit:
    "Le mot de passe est trop court, trop long ou trop facile à deviner. Choisissez-en un de 12 à 128 caractères, par exemple quatre mots sans rapport.",
  e_setup_code_invalid:
    "Le code de mise en service est faux, déjà utilisé ou trop ancien. Demandez-en un nouveau sur le boîtier.",
  e_setup_required: "Le boîtier de l’hôpital n’est pas encore configuré. L’informatique doit d’abord le faire.",
  e_totp_already_set_up: "Ce compte a déjà un second facteur.",
  e_totp_required: "Ce compte demande aussi un code pour se connecter.",
  e_totp_invalid: "Le code ne correspond pas. Vérifiez que l’heure de ce téléphone se règle automatiquement.",
  e_totp_enrollment_required:
    "Ce compte doit d’abord configurer sa deuxième étape de connexion. Demandez à l’informatique.",
  e_too_many_attempts: "Trop d’essais. Attendez quelques minutes ou demandez à l’informatique.",
  e_token_expired: "Votre session est terminée. Reconnectez-vous ; rien n’est perdu.",
  e_wrong_upload: "Le boîtier a pris ceci pour un autre envoi. L’examen est envoyé à nouveau.",
  e_upload_closed: "Le boîtier a terminé cet envoi.",
  e_upload_expired: "Le boîtier a attendu le reste trop longtemps. L’examen est envoyé à nouveau.",
  e_upload_cancelled: "Cet envoi a été arrêté.",
  e_upload_incomplete: "Des parties ne sont pas arrivées. Elles sont renvoyées.",
  e_idempotency_key_reused: "Le boîtier connaît cet examen sous une autre forme. Il est envoyé à nouveau.",
  e_totals_mismatch: "Le nombre ou la taille des fichiers a changé pendant l’envoi. Choisissez de nouveau l’examen.",
  e_file_name_invalid: "Le boîtier refuse le nom d’un fichier. Renommez-le et choisissez-le de nouveau.",
  e_chunk_size_invalid:
    "L’application et le boîtier ne vont pas ensemble. Rechargez l’application ; sinon, prévenez l’informatique.",
  e_upload_too_large:
    "Cet examen est plus grand que ce que le boîtier accepte. Envoyez-le en parties ou demandez à l’informatique.",
  e_file_too_large: "Un fichier est plus grand que ce que le boîtier accepte. L’informatique peut relever la limite.",
  e_too_many_files:
    "Cet examen a plus de fichiers que le boîtier n’en accepte. Envoyez-le en parties ou demandez à l’informatique.",
  e_too_many_uploads:
    "Trop de vos examens sont inachevés. Terminez-en ou annulez-en un ; celui-ci reprend alors de lui-même.",
  e_chunk_conflict: "Un fichier a changé pendant l’envoi. Annulez, puis choisissez de nouveau l’examen.",
  e_chunk_out_of_range: "Un fichier a changé pendant l’envoi. Annulez, puis choisissez de nouveau l’examen.",
  e_digest_mismatch: "Une partie a été abîmée en chemin. Elle est renvoyée.",
  e_file_unknown: "Le boîtier ne connaît pas l’un des fichiers. L’examen est envoyé à nouveau.",
  e_not_parked: "Ce n’est plus possible : l’examen a avancé.",
  e_provisioned: "Fixé dans le fichier de configuration ; c’est là qu’on le change.",
  e_destination_exists: "Une destination de ce nom existe déjà.",
  e_destination_in_use: "Des règles, d’autres destinations ou des examens en cours la nomment encore.",
  e_route_order_outdated: "Les règles ont changé entre-temps. Rechargez-les.",

  e_left_out: "Ni image ni fichier compressé. Laissé de côté.",
  e_nothing_to_send: "Aucune image médicale utilisable. Vérifiez que vous avez choisi le bon dossier.",
  e_file_differs: "Ce fichier a changé ou a été abîmé en chemin. Choisissez-le de nouveau et renvoyez-le.",
  e_file_not_here: "Cette image va maintenant aussi vers une autre archive et n’a pas été jointe. Renvoyez l’examen.",

  e_archive_bomb: "Une fois ouvert, ce fichier est bien trop grand. Envoyez le dossier de l’examen lui-même.",
  e_archive_unsafe_path: "Ce fichier contient des noms dangereux. Refaites-le à partir du seul dossier de l’examen.",
  e_archive_link: "Ce fichier contient des liens au lieu d’images. Refaites-le sans liens.",
  e_archive_encrypted: "Ce fichier a un mot de passe. Déverrouillez-le d’abord ou choisissez-en un autre.",
  e_archive_corrupt: "Ce fichier est abîmé ou incomplet. Recopiez-le depuis sa source, puis envoyez-le.",
  e_archive_volume_missing: "C’est une partie parmi plusieurs. Choisissez toutes les parties ensemble.",
  e_archive_unsupported: "Ce fichier ne peut pas être ouvert. Envoyez le dossier lui-même ou un ZIP ordinaire.",

  e_dicom_truncated: "Cette image est coupée. Recopiez-la depuis sa source, puis envoyez-la.",
  e_dicom_corrupt: "Cette image est abîmée. Exportez-la de nouveau depuis l’appareil ou la station.",
  e_sop_class_uid_missing:
    "Cette image ne dit pas de quelle sorte elle est. Exportez-la de nouveau depuis l’appareil ou la station.",
  e_sop_instance_uid_missing:
    "Cette image n’a pas d’identifiant. Exportez-la de nouveau depuis l’appareil ou la station.",
  e_study_instance_uid_missing:
    "Cette image ne dit pas à quel examen elle appartient. Exportez-la de nouveau depuis l’appareil ou la station.",
  e_series_instance_uid_missing:
    "Cette image ne dit pas à quelle série elle appartient. Exportez-la de nouveau depuis l’appareil ou la station.",
  e_uid_invalid:
    "Un identifiant de cette image n’est pas valable. Exportez-la de nouveau depuis l’appareil ou la station.",
  e_sop_class_unsupported:
    "Les images de cette sorte ne sont pas acceptées. Demandez à l’informatique si l’archive les prend.",
  e_not_part_of_study: "Ce fichier n’appartient à aucun examen. Laissé de côté.",
  e_transfer_syntax_unknown: "Le format de cette image est inconnu. Exportez-la de nouveau dans un format courant.",
  e_pixel_data_length: "Cette image a moins ou plus de points qu’elle ne le dit. Exportez-la de nouveau.",
  e_dicom_bomb: "Une fois ouverte, cette image est bien trop grande. Exportez-la de nouveau.",
  e_patient_missing:
    "Cette image n’a ni nom ni identifiant de patient. Elle est envoyée ; vérifiez où l’archive la classe.",
  e_transfer_syntax_rare: "Cette image a un format rare. Elle est envoyée ; vérifiez que l’archive la montre.",
  e_meta_rewritten: "L’en-tête du fichier a été réécrit. L’image elle-même est inchangée.",
  e_uid_irregular: "Un identifiant n’est pas tout à fait conforme. Envoyé tel quel.",
  e_value_irregular: "Un champ a une valeur inhabituelle. Envoyé tel quel.",
  e_charset_irregular: "Le texte n’a pas pu être lu avec certitude. Les noms peuvent sembler faux ici.",
  e_pixel_data_missing: "Ce fichier ne contient pas d’image. Il est envoyé ; vérifiez que l’export était complet.",
  e_preamble_zeroed: "Un en-tête étranger a été retiré. L’image elle-même est inchangée.",

  e_image_kind_unsupported: "Seules les photos JPEG et PNG sont acceptées. Enregistrez-la ainsi.",
  e_image_too_large: "Cette photo est trop grande. Enregistrez-la plus petite, puis envoyez-la.",
  e_image_truncated: "Cette photo est coupée. Recopiez-la depuis sa source, puis envoyez-la.",
  e_image_corrupt: "Cette photo est abîmée. Recopiez-la depuis sa source, puis envoyez-la.",
  e_image_identity_unfit: "Un nom, un identifiant ou une date est trop long ou mal formé. Corrigez, puis renvoyez.",
  e_image_depth_reduced: "La photo a été envoyée avec 8 bits par couleur au lieu de 16.",
  e_image_transparency_removed: "Les parties transparentes de la photo sont maintenant noires.",
  e_image_reencoded: "La photo a été redressée ou réécrite en haute qualité, pour que les archives la montrent.",
  e_image_text_shortened: "Une longue description a été raccourcie.",

  e_invitation_expired: "Ce code a expiré. Demandez-en un nouveau.",
  e_invitation_unknown: "Ce code est inconnu ici. Demandez-en un nouveau.",
  e_invitation_used: "Ce code a déjà servi sur un autre appareil. Demandez-en un nouveau.",
  e_correction_unfit:
    "Le patient d’une image ne peut pas être réécrit. Envoyez-la telle quelle ou écrivez le nom sans accents.",
  e_correction_signed:
    "Une image porte une signature numérique sur ce qui doit être corrigé. Envoyez-la telle quelle ou faites-la corriger là où elle a été produite.",
  e_order_differs: "Cet examen n’est pas celui de la demande. La personne qui a invité cet appareil doit le vérifier.",
  e_study_not_expected: "Cet examen n’était pas parmi ceux que vous avez confirmés. Vérifiez à qui il est.",
  e_patient_differs: "Les images nomment un autre patient que celui confirmé. Vérifiez à qui elles sont.",
  e_metadata_required: "Les photos ne disent pas à qui elles sont. Ajoutez identifiant, nom et date de naissance.",
  e_study_not_waiting: "Cet examen n’attend plus. Il n’y a rien à faire.",
  e_study_rejected: "Cet examen a été laissé de côté, comme quelqu’un l’a décidé.",
  e_delivered_before: "Ces images étaient déjà dans l’archive et n’ont pas été renvoyées.",
  e_sop_conflict: "Deux images différentes ont le même identifiant. Seule la première a été envoyée.",
  e_duplicate_instance: "La même image était là deux fois. Elle a été envoyée une fois.",
  e_patient_mismatch:
    "Les images d’un même examen nomment des patients différents. Seules celles du premier ont été envoyées.",
  e_several_patients: "Les images de plusieurs patients ont été envoyées comme examens séparés. Vérifiez chacun.",
  e_series_shared: "Deux examens partagent l’identifiant d’une série. Ils ont été envoyés tels quels.",
  e_notes_not_assigned:
    "Les notes cliniques concernent plusieurs examens et ne sont allées à aucun. Envoyez-les avec un seul examen.",
  e_notes_not_sent:
    "Toutes les images étaient déjà dans l’archive ; les notes n’ont pas été envoyées. Renvoyez l’examen avec une raison.",
  e_notes_pdf_unreadable: "Les notes cliniques n’ont pas pu devenir un PDF. Elles ont été envoyées en texte.",
  e_pdf_invalid: "Ce document n’est pas un PDF. Exportez-le de nouveau.",
  e_pdf_truncated: "Ce document est coupé. Recopiez-le depuis sa source.",
  e_waiting_for_space: "Le boîtier attend de la place libre. Votre examen y est en sécurité.",
  e_files_lost: "Le boîtier a perdu les fichiers de cet examen. Renvoyez-le.",
  e_series_incomplete: "Des images de cette série semblent manquer. Comparez avec la source, puis envoyez-les.",
  e_directory_incomplete:
    "Le disque annonce des images qui n’ont pas été envoyées. Recopiez-le et envoyez-le en entier.",

  e_no_destination: "Aucune archive n’est encore configurée. L’examen reste au boîtier ; prévenez l’informatique.",
  e_destination_unknown: "Cette archive n’est plus configurée. Prévenez l’informatique ; l’examen est conservé.",
  e_destination_unfit:
    "Cette archive est inutilisable telle qu’elle est configurée. Prévenez l’informatique ; l’examen est conservé.",
  e_destination_unreachable: "L’archive est injoignable. L’envoi reprend de lui-même.",
  e_destination_timeout: "L’archive ne répond pas. L’envoi reprend de lui-même.",
  e_destination_busy: "L’archive est occupée ou pleine. L’envoi reprend de lui-même.",
  e_destination_bad_answer: "L’archive a répondu de façon inattendue. L’envoi reprend de lui-même.",
  e_destination_auth_failed:
    "L’archive refuse la connexion du boîtier. Prévenez l’informatique ; l’examen est conservé.",
  e_destination_tls_failed:
    "Le certificat de l’archive n’est pas fiable. Prévenez l’informatique ; l’examen est conservé.",
  e_destination_rejected: "L’archive refuse l’examen. Prévenez l’informatique ; l’examen est conservé.",
  e_instance_refused: "L’archive a refusé des images. L’informatique peut voir pourquoi.",
  e_transfer_syntax_refused: "L’archive n’accepte pas ce format d’image. Prévenez l’informatique.",
  e_instance_conflict: "L’archive a d’autres images sous les mêmes identifiants. L’informatique doit les comparer.",
  e_instance_unreadable: "Le boîtier ne peut pas lire sa propre copie. Renvoyez l’examen et prévenez l’informatique.",
  e_not_confirmed: "L’archive a pris les images mais ne les montre pas encore. Elle est interrogée de nouveau.",
  e_retry_time_exceeded: "L’archive n’a pas pris l’examen à temps. Il est conservé ; prévenez l’informatique.",
};
