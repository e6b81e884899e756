/** What an event may carry, by field and form; everything else is dropped, so that no patient data can reach the log (T14, T23). */
type Form = (value: unknown) => string | number | boolean | undefined;

const word = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;
/** Digits and dots alone are a DICOM UID or a date: neither belongs in the log. */
const uidLike = /^\d[\d.]*\.[\d.]*$/;
const id: Form = (value) => (typeof value === "string" && word.test(value) && !uidLike.test(value) ? value : undefined);
/** A word out of the product's own lists: lower case, as codes and states are. */
const term: Form = (value) => (typeof value === "string" && /^[a-z][a-z0-9_-]{0,63}$/.test(value) ? value : undefined);
/** A release (`1.4.0`, `1.4.0-rc.1`), shorter than any UID. */
const release: Form = (value) =>
  typeof value === "string" && /^\d{1,3}\.\d{1,3}\.\d{1,3}(-[a-z0-9.]{1,16})?$/.test(value) ? value : undefined;
const verb: Form = (value) => (typeof value === "string" && /^[A-Z]{3,7}$/.test(value) ? value : undefined);
const amount: Form = (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
const flag: Form = (value) => (typeof value === "boolean" ? value : undefined);
/** A route as it is declared (`/upload/:id/chunk`), never the path of a request. */
const template: Form = (value) =>
  typeof value === "string" && /^\/[A-Za-z0-9_/:{}.*-]{0,127}$/.test(value) && !/\d{3,}/.test(value)
    ? value
    : undefined;
/** The server's own addresses: scheme, host and port. */
const origin: Form = (value) =>
  typeof value === "string" && /^https?:\/\/[A-Za-z0-9.:[\]-]{1,255}\/?$/.test(value) ? value : undefined;

/** Names of fields of the configuration: `auth.password,url`. */
const names: Form = (value) =>
  typeof value === "string" && /^[a-z_]+(\.[a-z_]+)*(,[a-z_]+(\.[a-z_]+)*)*$/.test(value) && value.length <= 512
    ? value
    : undefined;

const forms = {
  request_id: id,
  upload_id: id,
  delivery_id: id,
  destination_id: id,
  via: id,
  receipt_id: id,
  invitation_id: id,
  user_id: id,
  session_id: id,
  role: term,
  reason_mac: id,
  config_mac: id,
  route_id: id,
  fields: names,
  code: term,
  error_class: id,
  system_code: id,
  method: verb,
  kind: term,
  state: term,
  from: term,
  to: term,
  worker: term,
  version: release,
  service_level: term,
  signal: id,
  console_method: term,
  route: template,
  url: origin,
  status: amount,
  bytes: amount,
  free_bytes: amount,
  needed_bytes: amount,
  bytes_per_second: amount,
  stalls: amount,
  breaks: amount,
  count: amount,
  files: amount,
  studies: amount,
  instances: amount,
  delivered: amount,
  refused: amount,
  left_out: amount,
  warnings: amount,
  attempts: amount,
  duration_ms: amount,
  queued_ms: amount,
  retry_in_ms: amount,
  exit_code: amount,
  schema_version: amount,
  retryable: flag,
  ok: flag,
} as const satisfies Record<string, Form>;

export type LogField = keyof typeof forms;
export type LogFields = { readonly [K in LogField]?: string | number | boolean | null | undefined };

/** The fields that may be written, in the form they may have; the rest is gone. */
export function allowedFields(fields: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!Object.hasOwn(forms, name)) continue;
    const formed = forms[name as LogField](value);
    if (formed !== undefined) kept[name] = formed;
  }
  return kept;
}

/** What may be said of an error: its class and codes, never its message, which may quote what was sent. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error_class: typeof error };
  const { code } = error as { code?: unknown };
  const ours = typeof code === "string" && /^[a-z_]+$/.test(code);
  return {
    error_class: error.name,
    ...(typeof code === "string" ? (ours ? { code } : { system_code: code }) : {}),
  };
}
