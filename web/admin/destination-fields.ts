import { type SignIn, signInFields, signIns } from "./sign-in-fields.ts";
import type { AdminWord } from "./words-en.ts";

/** One setting of a destination, by its path in the table that the configuration file would have. */
export interface Field {
  readonly path: string;
  readonly word: AdminWord;
  readonly hint?: AdminWord;
  /** `long`: a secret of several lines. `headers`: a line for each. `destination`: another one's id. */
  readonly input: "text" | "url" | "number" | "secret" | "long" | "headers" | "check" | "choice" | "destination";
  readonly required?: true;
  readonly placeholder?: string;
  readonly choices?: readonly Choice[];
  /** Folded away: few need it. */
  readonly more?: true;
  /** Only with these ways to sign in. */
  readonly auth?: readonly SignIn[];
  /** Only where this check is set. */
  readonly under?: string;
}
export interface Choice {
  readonly value: string;
  readonly word: AdminWord;
}

const first: readonly Field[] = [
  { path: "id", word: "field_id", hint: "field_id_hint", input: "text", required: true, placeholder: "north" },
];
const last: readonly Field[] = [
  { path: "default", word: "field_default", hint: "field_default_hint", input: "check" },
  { path: "fallback", word: "field_fallback", hint: "field_fallback_hint", input: "destination", more: true },
  {
    path: "on_conflict",
    word: "field_on_conflict",
    hint: "field_on_conflict_hint",
    input: "choice",
    more: true,
    choices: [
      { value: "", word: "choice_usual" },
      { value: "refuse", word: "on_conflict_refuse" },
      { value: "send", word: "on_conflict_send" },
    ],
  },
  {
    path: "notes_as",
    word: "field_notes_as",
    input: "choice",
    more: true,
    choices: [
      { value: "", word: "choice_usual" },
      { value: "sr", word: "notes_as_sr" },
      { value: "pdf", word: "notes_as_pdf" },
      { value: "none", word: "notes_as_none" },
    ],
  },
];
const timeout: Field = { path: "timeout_seconds", word: "field_timeout", input: "number", more: true };
const files: readonly Field[] = [
  {
    path: "tls.ca",
    word: "field_tls_ca",
    hint: "field_tls_ca_hint",
    input: "text",
    more: true,
    placeholder: "/etc/relaypacs/pacs-ca.pem",
  },
  { path: "tls.cert", word: "field_tls_cert", input: "text", more: true },
  { path: "tls.key", word: "field_tls_key", input: "text", more: true },
];
const headers: Field = {
  path: "headers",
  word: "field_headers",
  hint: "field_headers_hint",
  input: "headers",
  more: true,
  placeholder: "X-Api-Key: …",
};
const batches: readonly Field[] = [
  { path: "query_url", word: "field_query_url", input: "url", more: true },
  { path: "retrieve_url", word: "field_retrieve_url", input: "url", more: true },
  { path: "batch_instances", word: "field_batch_instances", input: "number", more: true },
  { path: "batch_bytes", word: "field_batch_bytes", input: "number", more: true },
  { path: "max_request_bytes", word: "field_max_request_bytes", input: "number", more: true },
  { path: "explicit_vr", word: "field_explicit_vr", input: "check", more: true },
];
const cStoreFields: readonly Field[] = [
  { path: "host", word: "field_host", input: "text", required: true, placeholder: "10.0.0.5" },
  { path: "port", word: "field_port", input: "number", required: true, placeholder: "104" },
  {
    path: "called_ae_title",
    word: "field_called",
    hint: "field_called_hint",
    input: "text",
    required: true,
    placeholder: "PACS",
  },
  {
    path: "calling_ae_title",
    word: "field_calling",
    hint: "field_calling_hint",
    input: "text",
    placeholder: "RELAYPACS",
  },
  { path: "tls", word: "field_tls", input: "check" },
  ...files.map((field) => ({ ...field, under: "tls" })),
  { path: "decompress", word: "field_decompress", input: "check", more: true },
  { path: "associations", word: "field_associations", input: "number", more: true },
  {
    path: "commitment_listen",
    word: "field_commitment",
    hint: "field_commitment_hint",
    input: "text",
    more: true,
    placeholder: "0.0.0.0:11113",
  },
  timeout,
];

/** What somebody picks to begin with: a kind, and what is known of its archives. */
export interface Template {
  readonly kind: string;
  readonly word: AdminWord;
  readonly fields: readonly Field[];
  /** The usual way to sign in comes first. */
  readonly signIns: readonly SignIn[];
}

function http(
  kind: string,
  word: AdminWord,
  url: string,
  ways: readonly SignIn[],
  hint: AdminWord = "field_url_hint",
): Template {
  const choices = ways.map((value) => ({ value, word: signIns[value] }));
  const fields: readonly Field[] = [
    ...first,
    { path: "url", word: "field_url", hint, input: "url", required: true, placeholder: url },
    { path: "auth.type", word: "field_sign_in", input: "choice", choices },
    ...signInFields.filter(({ auth }) => auth?.some((way) => ways.includes(way))),
    ...last,
    ...files,
    headers,
    ...(kind === "orthanc" ? [] : batches),
    timeout,
  ];
  return { kind, word, fields, signIns: ways };
}
const plain = (kind: string, word: AdminWord, own: readonly Field[]): Template => ({
  kind,
  word,
  fields: [...first, ...own, ...last],
  signIns: [],
});

/** Every kind of destination as a form. */
export const templates: readonly Template[] = [
  http("orthanc", "kind_orthanc", "http://10.0.0.5:8042", ["basic", "none", "bearer"]),
  http("dcm4chee", "kind_dcm4chee", "https://pacs.hospital.lan:8443/dcm4chee-arc/aets/DCM4CHEE/rs", [
    "none",
    "oauth2-client",
    "basic",
    "bearer",
  ]),
  http("google-healthcare", "kind_google", "https://healthcare.googleapis.com/v1/projects/…/dicomStores/…/dicomWeb", [
    "google-service-account",
  ]),
  http("aws-healthimaging", "kind_aws", "https://dicom-medical-imaging.eu-central-1.amazonaws.com/datastore/…", [
    "aws-sigv4",
  ]),
  http("azure-dicom", "kind_azure", "https://workspace-service.dicom.azurehealthcareapis.com/v2", ["oauth2-client"]),
  http(
    "stow-rs",
    "kind_stow",
    "https://pacs.hospital.lan/dicom-web",
    ["basic", "none", "bearer", "oauth2-client"],
    "field_url_stow_hint",
  ),
  plain("c-store", "kind_cstore", cStoreFields),
  plain("folder", "kind_folder", [
    {
      path: "path",
      word: "field_path",
      hint: "field_path_hint",
      input: "text",
      required: true,
      placeholder: "received",
    },
  ]),
];

/** The form of a destination that is there; one that was configured with another way to sign in can keep it. */
export function templateOf(kind: string, signIn: string): Template | undefined {
  const found = templates.find((it) => it.kind === kind);
  const way = (Object.keys(signIns) as SignIn[]).find((it) => it === signIn);
  if (found === undefined || way === undefined || found.signIns.length === 0 || found.signIns.includes(way))
    return found;
  return http(found.kind, found.word, "", [...found.signIns, way]);
}
