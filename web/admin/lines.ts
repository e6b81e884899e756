/** Lines of the configuration file (TOML) to copy, where the file alone can say it. */
export const templates = {
  orthanc: `[[destination]]
id = "orthanc"
kind = "orthanc"
url = "http://10.0.0.5:8042"
auth = { type = "basic", username = "relay", password = { file = "/etc/relaypacs/orthanc-password" } }`,
  "stow-rs": `[[destination]]
id = "main"
kind = "stow-rs"
url = "https://pacs.hospital.lan/dicom-web"
auth = { type = "basic", username = "relay", password = { file = "/etc/relaypacs/pacs-password" } }`,
  "c-store": `[[destination]]
id = "pacs"
kind = "c-store"
host = "10.0.0.5"
port = 104
called_ae_title = "PACS"
calling_ae_title = "RELAYPACS"`,
  folder: `[[destination]]
id = "folder"
kind = "folder"
path = "received"`,
} as const;
export type Template = keyof typeof templates;

export const encrypting = `listen = "0.0.0.0:8443"

[tls]
mode = "auto"
http_listen = "0.0.0.0:8080"`;

/** @param ids of destinations, as configured */
export const ruleLines = (ids: readonly string[]): string => `[[route]]
name = "urgent CT and MR"
when = { modality = ["CT", "MR"], service_level = "stat" }
to = ${JSON.stringify(ids.slice(0, 2))}`;
