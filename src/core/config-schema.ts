import { type Static, type TSchema, Type } from "@sinclair/typebox";

/** The configuration file as CONTRACT §2 gives it; keys are the file's own, durations are numbers in the named unit. */
const closed = { additionalProperties: false } as const;
const section = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { ...closed, default: {} });
const bytes = (value: number, minimum = 1) =>
  Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER, default: value });
const count = (value: number, maximum = 10_000_000) => Type.Integer({ minimum: 1, maximum, default: value });
const duration = (value: number) => Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, default: value });
const text = (value: string) => Type.String({ default: value });

export const SecretSchema = Type.Union([
  Type.String(),
  Type.Object({ file: Type.String({ minLength: 1 }) }, closed),
  Type.Object({ env: Type.String({ minLength: 1 }) }, closed),
]);
/** A secret as the file gives it; `core/secrets.ts` turns it into its value. */
export type SecretSource = Static<typeof SecretSchema>;

export const ClientTlsSchema = Type.Object(
  { ca: Type.Optional(Type.String()), cert: Type.Optional(Type.String()), key: Type.Optional(Type.String()) },
  closed,
);
export type ClientTlsConfig = Static<typeof ClientTlsSchema>;
/** The addresses of a destination; what is asked of one is asked of all. */
export const addressFields = ["url", "query_url", "retrieve_url"] as const;
const HttpUrl = Type.String({ pattern: "^https?://" });

export const AuthSchema = Type.Union([
  Type.Object({ type: Type.Literal("none") }, closed),
  Type.Object({ type: Type.Literal("basic"), username: Type.String({ minLength: 1 }), password: SecretSchema }, closed),
  Type.Object({ type: Type.Literal("bearer"), token: SecretSchema }, closed),
  Type.Object(
    {
      type: Type.Literal("oauth2-client"),
      token_url: HttpUrl,
      client_id: Type.String({ minLength: 1 }),
      client_secret: SecretSchema,
      scope: Type.Optional(Type.String({ minLength: 1 })),
      client_in: Type.Optional(Type.Union([Type.Literal("form"), Type.Literal("header")])),
      tls: Type.Optional(ClientTlsSchema),
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal("google-service-account"),
      key: SecretSchema,
      scope: Type.Optional(Type.String({ minLength: 1 })),
      tls: Type.Optional(ClientTlsSchema),
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal("aws-sigv4"),
      region: Type.String({ minLength: 1 }),
      access_key_id: Type.String({ minLength: 1 }),
      secret_access_key: SecretSchema,
      session_token: Type.Optional(SecretSchema),
      service: Type.Optional(Type.String({ minLength: 1 })),
      payload: Type.Optional(Type.Union([Type.Literal("chunks"), Type.Literal("headers"), Type.Literal("whole")])),
    },
    closed,
  ),
]);
export type AuthConfig = Static<typeof AuthSchema>;
/** Which fields of a sign-in are secrets. */
export const authSecrets: { readonly [T in AuthConfig["type"]]: readonly string[] } = {
  none: [],
  basic: ["password"],
  bearer: ["token"],
  "oauth2-client": ["client_secret"],
  "google-service-account": ["key"],
  "aws-sigv4": ["secret_access_key", "session_token"],
};

const NotesAs = Type.Union([Type.Literal("sr"), Type.Literal("pdf"), Type.Literal("none")]);
/** PS3.5 6.2, VR AE: spaces alone are no title. */
const AeTitle = Type.String({ minLength: 1, maxLength: 16, pattern: "^(?=.*[^ ])[\\x20-\\x5b\\x5d-\\x7e]*$" });

/** What every kind of destination takes. */
const common = {
  id: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$" }),
  default: Type.Optional(Type.Boolean()),
  fallback: Type.Optional(Type.String({ minLength: 1 })),
  on_conflict: Type.Optional(Type.Union([Type.Literal("refuse"), Type.Literal("send")])),
  notes_as: Type.Optional(NotesAs),
};

/** DICOMweb archives: one form, a kind for each whose ways are known. */
const dicomWeb = <K extends string>(kind: K) =>
  Type.Object(
    {
      ...common,
      kind: Type.Literal(kind),
      url: HttpUrl,
      query_url: Type.Optional(HttpUrl),
      retrieve_url: Type.Optional(HttpUrl),
      auth: Type.Optional(AuthSchema),
      tls: Type.Optional(ClientTlsSchema),
      headers: Type.Optional(Type.Record(Type.String(), Type.String())),
      batch_instances: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
      batch_bytes: Type.Optional(Type.Integer({ minimum: 1 })),
      max_request_bytes: Type.Optional(Type.Integer({ minimum: 1 })),
      explicit_vr: Type.Optional(Type.Boolean()),
      timeout_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    },
    closed,
  );
export const StowRsSchema = dicomWeb("stow-rs");
const dicomWebSchemas = {
  "stow-rs": StowRsSchema,
  dcm4chee: dicomWeb("dcm4chee"),
  "google-healthcare": dicomWeb("google-healthcare"),
  "aws-healthimaging": dicomWeb("aws-healthimaging"),
  "azure-dicom": dicomWeb("azure-dicom"),
} as const;
export const OrthancSchema = Type.Object(
  {
    ...common,
    kind: Type.Literal("orthanc"),
    url: Type.String({ pattern: "^https?://" }),
    auth: Type.Optional(AuthSchema),
    tls: Type.Optional(ClientTlsSchema),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    timeout_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  },
  closed,
);
export const CStoreSchema = Type.Object(
  {
    ...common,
    kind: Type.Literal("c-store"),
    host: Type.String({ minLength: 1 }),
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    called_ae_title: AeTitle,
    calling_ae_title: Type.Optional(AeTitle),
    associations: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
    tls: Type.Optional(Type.Union([Type.Boolean(), ClientTlsSchema])),
    decompress: Type.Optional(Type.Boolean()),
    commitment_listen: Type.Optional(Type.String({ minLength: 1 })),
    timeout_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  },
  closed,
);
export const FolderSchema = Type.Object(
  { ...common, kind: Type.Literal("folder"), path: Type.String({ minLength: 1 }) },
  closed,
);

/** By kind, so that an error names the fields of the kind the file asks for. */
export const destinationSchemas = {
  ...dicomWebSchemas,
  orthanc: OrthancSchema,
  "c-store": CStoreSchema,
  folder: FolderSchema,
} as const;
export type StowRsConfig = Static<typeof StowRsSchema>;
export type DicomWebKind = keyof typeof dicomWebSchemas;
export type DicomWebConfig = Omit<StowRsConfig, "kind"> & { kind: DicomWebKind };
export type OrthancConfig = Static<typeof OrthancSchema>;
export type CStoreConfig = Static<typeof CStoreSchema>;
export type FolderConfig = Static<typeof FolderSchema>;
export type DestinationConfig =
  | { [K in DicomWebKind]: DicomWebConfig & { kind: K } }[DicomWebKind]
  | OrthancConfig
  | CStoreConfig
  | FolderConfig;

const OneOrMore = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
]);
const ServiceLevel = Type.Union([Type.Literal("routine"), Type.Literal("stat")]);
const ServiceLevels = Type.Union([ServiceLevel, Type.Array(ServiceLevel, { minItems: 1 })]);
/** By the box's own clock; over midnight where the end is before the beginning. */
const TimeOfDay = Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$" });
/** Texts are compared in any case; `*` stands for any characters, `?` for one (PS3.4 C.2.2.2.4). */
export const RouteSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    when: Type.Optional(
      Type.Object(
        {
          modality: Type.Optional(OneOrMore),
          service_level: Type.Optional(ServiceLevels),
          body_part: Type.Optional(OneOrMore),
          user: Type.Optional(OneOrMore),
          invitation: Type.Optional(OneOrMore),
          ae_title: Type.Optional(OneOrMore),
          institution: Type.Optional(OneOrMore),
          description: Type.Optional(OneOrMore),
          time: Type.Optional(Type.Union([TimeOfDay, Type.Array(TimeOfDay, { minItems: 1 })])),
        },
        closed,
      ),
    ),
    to: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  },
  closed,
);
export type RouteConfig = Static<typeof RouteSchema>;

export const ConfigSchema = Type.Object(
  {
    listen: text("0.0.0.0:8443"),
    public_url: text(""),
    data_dir: Type.String({ minLength: 1, default: "/var/lib/relaypacs" }),
    site_name: Type.String({ minLength: 1, default: "RelayPACS" }),
    tls: section({
      mode: Type.Union([Type.Literal("auto"), Type.Literal("files"), Type.Literal("off")], { default: "auto" }),
      cert: text(""),
      key: text(""),
      behind_proxy: Type.Boolean({ default: false }),
      trusted_proxies: Type.Array(Type.String(), { default: [] }),
      http_listen: text(""),
    }),
    limits: section({
      max_upload_bytes: bytes(21_474_836_480),
      max_file_bytes: bytes(10_737_418_240),
      max_files: count(20_000),
      max_unpacked_bytes: bytes(53_687_091_200),
      max_unpack_ratio: Type.Number({ minimum: 1, maximum: 1_000_000, default: 200 }),
      max_archive_entries: count(50_000),
      max_archive_depth: Type.Integer({ minimum: 1, maximum: 16, default: 2 }),
      max_open_uploads_per_user: count(20),
      requests_per_minute: count(6000),
      login_attempts_per_minute: count(10),
      min_free_disk_bytes: bytes(1_073_741_824, 0),
      request_idle_seconds: duration(60),
    }),
    auth: section({
      access_token_minutes: duration(15),
      session_hours: duration(12),
      upload_token_minutes: duration(60),
      require_totp_for: Type.Array(
        Type.Union(["clinician", "radiographer", "radiologist", "admin"].map((role) => Type.Literal(role))),
        { default: ["admin"] },
      ),
    }),
    retention: section({
      upload_idle_hours: duration(24),
      retry_hours: duration(72),
      failed_hours: duration(720),
      display_hours: duration(24),
    }),
    intake: section({
      extra_sop_classes: Type.Array(Type.String(), { default: [] }),
      uid_root: Type.String({ pattern: "^[0-2](\\.(0|[1-9][0-9]*))+$", maxLength: 24, default: "2.25" }),
      notes_as: Type.Union([Type.Literal("sr"), Type.Literal("pdf"), Type.Literal("none")], { default: "sr" }),
    }),
    metrics: section({ token: { ...SecretSchema, default: "" } }),
    backup: section({ every_hours: duration(24), keep: count(7, 10_000) }),
    destination: Type.Array(Type.Unknown(), { default: [] }),
    route: Type.Array(RouteSchema, { default: [] }),
  },
  closed,
);
/** The whole configuration after defaults, environment and checks. */
export type Config = Omit<Static<typeof ConfigSchema>, "destination"> & { destination: DestinationConfig[] };
