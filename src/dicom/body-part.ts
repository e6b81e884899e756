/** Body Part Examined of parts that there is one of (PS3.16 L, table L-1, "not paired"); all others may have a side. */
const unpaired: ReadonlySet<string> = new Set(
  [
    "ABDOMEN ABDOMENPELVIS AORTA BACK BLADDER BRAIN CERVIX CHEST CHESTABDOMEN CHESTABDPELVIS COCCYX COLON CSPINE CTSPINE",
    "DUODENUM ESOPHAGUS FACE GALLBLADDER HEAD HEADNECK HEART JAW LARYNX LIVER LSPINE LSSPINE MAXILLA MEDIASTINUM MOUTH",
    "NECK NECKCHEST NECKCHESTABDOMEN NECKCHESTABDPELV NOSE PANCREAS PELVIS PENIS PHARYNX PROSTATE RECTUM SKULL SPINE",
    "SPLEEN SSPINE STERNUM STOMACH THYMUS THYROID TLSPINE TONGUE TRACHEA TSPINE UTERUS VAGINA VULVA WHOLEBODY",
  ].flatMap((line) => line.split(" ")),
);

/** PS3.3 C.7.3.1: Laterality stands, empty where it is not known, unless the body part is known to have no sides. */
export const emptyLaterality = (bodyPartExamined: string): "" | undefined =>
  unpaired.has(bodyPartExamined) ? undefined : "";
