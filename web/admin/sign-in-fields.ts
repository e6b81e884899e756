import type { Field } from "./destination-fields.ts";
import type { AdminWord } from "./words-en.ts";

/** The ways to sign in at an archive, as the configuration names them. */
export const signIns = {
  none: "auth_none",
  basic: "auth_basic",
  bearer: "auth_bearer",
  "oauth2-client": "auth_oauth2",
  "google-service-account": "auth_google",
  "aws-sigv4": "auth_aws",
} as const satisfies Readonly<Record<string, AdminWord>>;
export type SignIn = keyof typeof signIns;

/** What each of them asks for. */
export const signInFields: readonly Field[] = [
  { path: "auth.username", word: "field_username", input: "text", required: true, auth: ["basic"] },
  { path: "auth.password", word: "field_password", input: "secret", required: true, auth: ["basic"] },
  { path: "auth.token", word: "field_token", input: "secret", required: true, auth: ["bearer"] },
  { path: "auth.token_url", word: "field_token_url", input: "url", required: true, auth: ["oauth2-client"] },
  { path: "auth.client_id", word: "field_client_id", input: "text", required: true, auth: ["oauth2-client"] },
  { path: "auth.client_secret", word: "field_client_secret", input: "secret", required: true, auth: ["oauth2-client"] },
  {
    path: "auth.scope",
    word: "field_scope",
    input: "text",
    more: true,
    auth: ["oauth2-client", "google-service-account"],
  },
  {
    path: "auth.client_in",
    word: "field_client_in",
    input: "choice",
    more: true,
    auth: ["oauth2-client"],
    choices: [
      { value: "", word: "choice_usual" },
      { value: "form", word: "client_in_form" },
      { value: "header", word: "client_in_header" },
    ],
  },
  {
    path: "auth.key",
    word: "field_key",
    hint: "field_key_hint",
    input: "long",
    required: true,
    auth: ["google-service-account"],
  },
  {
    path: "auth.region",
    word: "field_region",
    input: "text",
    required: true,
    placeholder: "eu-central-1",
    auth: ["aws-sigv4"],
  },
  { path: "auth.access_key_id", word: "field_access_key_id", input: "text", required: true, auth: ["aws-sigv4"] },
  {
    path: "auth.secret_access_key",
    word: "field_secret_access_key",
    input: "secret",
    required: true,
    auth: ["aws-sigv4"],
  },
  {
    path: "auth.payload",
    word: "field_payload",
    input: "choice",
    more: true,
    auth: ["aws-sigv4"],
    choices: [
      { value: "", word: "choice_usual" },
      { value: "headers", word: "payload_headers" },
      { value: "chunks", word: "payload_chunks" },
      { value: "whole", word: "payload_whole" },
    ],
  },
  { path: "auth.session_token", word: "field_session_token", input: "secret", more: true, auth: ["aws-sigv4"] },
];
