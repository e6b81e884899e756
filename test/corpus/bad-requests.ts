import { type Pick, sentinel } from "./corpus.ts";
import { mutated } from "./mutate.ts";

/** A request as it is to go out; `body` null: none. */
export interface BadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | string | null;
}

/** What the requests speak of. */
export interface Targets {
  readonly accessToken: string;
  readonly uploadToken: string;
  readonly uploadId: string;
}

const bodies: readonly Record<string, unknown>[] = [
  {
    total_files: 1,
    total_size_bytes: 1,
    chunk_size: 4096,
    study_metadata: {
      patient_name: sentinel,
      patient_birth_date: "19700101",
      service_level: "stat",
      destination_ids: [],
    },
    files: [{ file_id: "a", name: "dir/IM1.dcm", size_bytes: 1, sha256: "0".repeat(64) }],
    expected_studies: [{ study_instance_uid: "1.2", patient_id: sentinel, patient_birth_date: "" }],
    resend: { reason: sentinel },
  },
  { clinical_notes: sentinel, service_level: "routine", patient_name: sentinel },
  { reason: sentinel },
  { destination_id: "folder" },
  {},
];

const odd: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  "",
  sentinel,
  "\0",
  "\ud800",
  "../../x",
  "'; DROP TABLE uploads; --",
  "%{jndi:x}",
  "9".repeat(400),
  "ä".repeat(3000),
  [],
  {},
  [[[[[[]]]]]],
  { __proto__: 1, constructor: { prototype: 1 } },
  Array.from({ length: 300 }, () => ({})),
];

/** The value with one to three of its members changed, renamed, doubled or gone. */
function spoilt(value: unknown, pick: Pick): unknown {
  if (pick.chance(0.25)) return pick.of(odd);
  if (Array.isArray(value)) {
    const items = value.map((item) => (pick.chance(0.5) ? spoilt(item, pick) : item));
    return pick.chance(0.2) ? [...items, ...items, pick.of(odd)] : items;
  }
  if (typeof value !== "object" || value === null) return pick.chance(0.5) ? value : pick.of(odd);
  const entries = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    if (pick.chance(0.08)) return [];
    if (pick.chance(0.05)) return [[pick.of(["__proto__", "constructor", `${name} `, name.toUpperCase(), ""]), member]];
    return [[name, pick.chance(0.3) ? spoilt(member, pick) : member]];
  });
  return Object.fromEntries(entries);
}

function badBody(pick: Pick): Uint8Array | string {
  const text = JSON.stringify(spoilt(pick.of(bodies), pick)) ?? "";
  return pick.chance(0.3) ? mutated(Buffer.from(text), pick) : text;
}

const ids = (targets: Targets): readonly string[] => [
  targets.uploadId,
  crypto.randomUUID(),
  "0",
  "..",
  "%00",
  "%2e%2e%2f",
  sentinel,
  "a".repeat(2000),
];

const routes: readonly (readonly [string, string])[] = [
  ["POST", "/upload/init"],
  ["POST", "/upload/init"],
  ["PUT", "/upload/:id/chunk"],
  ["POST", "/upload/:id/token"],
  ["POST", "/upload/:id/complete"],
  ["GET", "/upload/:id/status"],
  ["POST", "/upload/:id/retry"],
  ["POST", "/upload/:id/accept"],
  ["POST", "/upload/:id/studies/:id/confirm"],
  ["POST", "/upload/:id/studies/:id/reject"],
  ["GET", "/uploads"],
  ["GET", "/receipts/:id"],
  ["GET", "/auth/me"],
  ["POST", "/auth/refresh"],
  ["GET", "/admin/deliveries"],
  ["POST", "/admin/deliveries/:id/redirect"],
  ["GET", "/:id"],
  ["GET", "/assets/:id"],
  ["GET", "/docs/:id"],
];
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const numbers = ["0", "1", "-1", "1e3", "4294967296", "9007199254740993", "NaN", "", " 1", "0x10", sentinel];
const parameters = ["file_id", "chunk_index", "size_bytes", "name", "wait", "limit", "cursor", "state", "token", "x"];
const headerValues: Readonly<Record<string, readonly string[]>> = {
  "content-type": [
    "application/json",
    "application/octet-stream",
    "text/plain",
    "multipart/form-data",
    "a".repeat(500),
  ],
  "content-encoding": ["gzip", "br", "identity", "gzip, gzip", sentinel],
  "content-digest": ["sha-256=:AAAA:", "sha-256=::", "md5=x", sentinel, `sha-256=:${"A".repeat(44)}:`],
  "content-md5": ["AAAA", "", sentinel],
  "idempotency-key": ["a", "", "k".repeat(5000), sentinel],
  accept: ["text/html", "*/*;q=x", ""],
  "x-forwarded-for": ["1.2.3.4", sentinel],
  "x-request-id": [sentinel, "a".repeat(3000)],
  origin: ["null", "http://evil.example"],
  cookie: [`refresh=${sentinel}`, "=;=;", `a=${"b".repeat(3000)}`],
  range: ["bytes=0-", "bytes=-1", "x"],
  "if-none-match": ["*", '"x"'],
};

/** Mostly the one that the route takes, or most requests would end at the door. */
function tokenOf(route: string, targets: Targets, pick: Pick): string {
  const right = /chunk|complete/.test(route) ? targets.uploadToken : targets.accessToken;
  if (pick.chance(0.85)) return `Bearer ${right}`;
  if (pick.chance(0.3)) return `Bearer ${pick.of([targets.accessToken, targets.uploadToken])}`;
  const [head = "", body = "", signature = ""] = right.split(".");
  return pick.of([
    `Bearer ${head}.${body}.`,
    `Bearer ${head}.${signature}.${body}`,
    `Bearer ${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.`,
    `Basic ${sentinel}`,
    `bearer ${right} ${right}`,
    "Bearer",
    "",
  ]);
}

/** One request with something wrong, or nothing. */
export function badRequest(targets: Targets, pick: Pick): BadRequest {
  const [usual, route] = pick.of(routes);
  const method = pick.chance(0.1) ? pick.of(methods) : usual;
  const query = Array.from({ length: pick.below(4) }, () => {
    const value = pick.chance(0.4) ? "a" : pick.of(numbers);
    return `${pick.of(parameters)}=${pick.chance(0.8) ? encodeURIComponent(value) : "%zz%ff"}`;
  });
  const whole = route.endsWith("/chunk") && pick.chance(0.6) ? ["file_id=a", `chunk_index=${pick.below(3)}`] : [];
  const filled = route.replaceAll(":id", () => (pick.chance(0.7) ? targets.uploadId : pick.of(ids(targets))));
  const path = `${filled}${pick.chance(0.03) ? "/".repeat(2000) : ""}?${[...whole, ...query].join("&")}`;
  const headers: Record<string, string> = {
    authorization: tokenOf(route, targets, pick),
    "content-type": "application/json",
  };
  for (let left = pick.below(3); left > 0; left--) {
    const name = pick.of(Object.keys(headerValues));
    headers[name] = pick.of(headerValues[name] ?? [""]);
  }
  const bytes = () => Buffer.alloc(pick.of([0, 1, 4095, 4096, 4097, 20_000]), pick.below(256));
  const body = method === "GET" || method === "HEAD" ? null : route.endsWith("/chunk") ? bytes() : badBody(pick);
  return { method, path, headers, body };
}
