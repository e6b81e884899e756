import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import type { Client } from "../support/client.ts";
import { oneFile, problemOf, rawRequest } from "./api.ts";

let box: Box;
let client: Client;
beforeAll(async () => {
  box = await startBox(`[limits]\nmax_files = 3\nmax_file_bytes = 100000\nmax_upload_bytes = 200000
login_attempts_per_minute = 1000\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`);
  client = await box.client("clinician");
});
afterAll(() => box.stop());

const valid = oneFile(10);
const file = valid.files[0];
const named = (name: string) => ({ ...valid, files: [{ ...file, name }] });
const metadata = (values: unknown) => ({ ...valid, study_metadata: values });
const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const withField = (text: string) => `${JSON.stringify(valid).slice(0, -1)},${text}}`;

const keys = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":0`).join();

/** What came, as text or to be written as JSON · status · code. */
const bad: [string, unknown, number, string][] = [
  ["no body", "", 400, "invalid_json"],
  ["half an object", '{"total_files": 1', 400, "invalid_json"],
  ["a trailing comma", '{"total_files": 1,}', 400, "invalid_json"],
  ["NaN", '{"total_files": NaN, "total_size_bytes": 1}', 400, "invalid_json"],
  ["something after the end", `${JSON.stringify(valid)}x`, 400, "invalid_json"],
  ["bytes that are not UTF-8", Buffer.from(`{"total_files":"\xff\xfe"}`, "latin1"), 400, "invalid_json"],
  ["null", "null", 422, "invalid_request"],
  ["a number", "7", 422, "invalid_request"],
  ["a list", "[]", 422, "invalid_request"],
  ["nothing required", {}, 422, "invalid_request"],
  ["no total_size_bytes", { total_files: 1 }, 422, "invalid_request"],
  ["no total_files", { total_size_bytes: 1 }, 422, "invalid_request"],
  ["an unknown field", { ...valid, colour: "red" }, 422, "invalid_request"],
  ["an unknown field of a file", { ...valid, files: [{ ...file, path: "x" }] }, 422, "invalid_request"],
  ["an unknown field of the metadata", metadata({ patient: "x" }), 422, "invalid_request"],
  ["__proto__", withField('"__proto__": {"total_files": 1}'), 422, "invalid_request"],
  [
    "__proto__ in the metadata",
    withField('"study_metadata": {"__proto__": {"patient_id": "1"}}'),
    422,
    "invalid_request",
  ],
  ["constructor", withField('"constructor": {"prototype": {}}'), 422, "invalid_request"],
  ["100 levels", withField(`"study_metadata": ${deep(100)}`), 422, "invalid_request"],
  ["a million levels", deep(1_000_000), 422, "invalid_request"],
  ["an object of 100 000 levels", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, 422, "invalid_request"],
  ["a million files that are none", withField(`"files": [${"{},".repeat(1_000_000)}{}]`), 413, "request_too_large"],
  ["a million unknown fields", withField(keys(1_000_000)), 413, "request_too_large"],
  ["total_files as a string", { ...valid, total_files: "1" }, 422, "invalid_request"],
  ["total_files 0", { ...valid, total_files: 0 }, 422, "invalid_request"],
  ["total_files -1", { ...valid, total_files: -1 }, 422, "invalid_request"],
  ["total_files 1.5", { ...valid, total_files: 1.5 }, 422, "invalid_request"],
  ["total_size_bytes -1", { ...valid, total_size_bytes: -1 }, 422, "invalid_request"],
  ["total_size_bytes null", { ...valid, total_size_bytes: null }, 422, "invalid_request"],
  ["total_size_bytes 1e400", '{"total_files": 1, "total_size_bytes": 1e400}', 422, "invalid_request"],
  ["total_size_bytes 2^60", { ...valid, total_size_bytes: 2 ** 60 }, 422, "invalid_request"],
  ["a size of -1", { ...valid, files: [{ ...file, size_bytes: -1 }] }, 422, "invalid_request"],
  ["a size as a string", { ...valid, files: [{ ...file, size_bytes: "10" }] }, 422, "invalid_request"],
  ["files as an object", { ...valid, files: { a: file } }, 422, "invalid_request"],
  ["a file without a name", { ...valid, files: [{ file_id: "a", size_bytes: 10 }] }, 422, "invalid_request"],
  ["an empty file_id", { ...valid, files: [{ ...file, file_id: "" }] }, 422, "invalid_request"],
  ["a file_id twice", { ...valid, total_files: 2, total_size_bytes: 20, files: [file, file] }, 422, "invalid_request"],
  [
    "two file_ids that no UTF-8 can tell apart",
    `{"total_files":2,"total_size_bytes":2,"files":[{"file_id":"\\ud800","name":"a","size_bytes":1},{"file_id":"\\ud801","name":"b","size_bytes":1}]}`,
    422,
    "invalid_request",
  ],
  ["a sha256 that is none", { ...valid, files: [{ ...file, sha256: "zz" }] }, 422, "invalid_request"],
  ["a UID that is none", { ...valid, files: [{ ...file, sop_instance_uid: "../1" }] }, 422, "invalid_request"],
  ["a service level that is none", metadata({ service_level: "asap" }), 422, "invalid_request"],
  ["a sex that is none", metadata({ patient_sex: "X" }), 422, "invalid_request"],
  ["a date that is none", metadata({ patient_birth_date: "1.1.1970" }), 422, "invalid_request"],
  ["an unknown destination", metadata({ destination_ids: ["elsewhere"] }), 422, "invalid_request"],
  ["notes of more than 64 kB", metadata({ clinical_notes: "ä".repeat(32_769) }), 422, "invalid_request"],
  ["metadata as a list", metadata([]), 422, "invalid_request"],
  ["an expected study without a UID", { ...valid, expected_studies: [{ patient_id: "1" }] }, 422, "invalid_request"],
  ["resend as a boolean", { ...valid, resend: true }, 422, "invalid_request"],
  ["chunk_size 0", { ...valid, chunk_size: 0 }, 422, "chunk_size_invalid"],
  ["chunk_size 2048", { ...valid, chunk_size: 2048 }, 422, "chunk_size_invalid"],
  ["chunk_size 5000", { ...valid, chunk_size: 5000 }, 422, "chunk_size_invalid"],
  ["chunk_size 16777216", { ...valid, chunk_size: 16_777_216 }, 422, "chunk_size_invalid"],
  ["chunk_size -4096", { ...valid, chunk_size: -4096 }, 422, "chunk_size_invalid"],
  ["chunk_size as a string", { ...valid, chunk_size: "4096" }, 422, "invalid_request"],
  ["fewer files than total_files", { ...valid, total_files: 2 }, 422, "totals_mismatch"],
  ["no files in the list", { ...valid, files: [] }, 422, "totals_mismatch"],
  ["sizes that do not add up", { ...valid, total_size_bytes: 11 }, 422, "totals_mismatch"],
  ["too many files", { ...valid, total_files: 4 }, 413, "too_many_files"],
  ["too many bytes", { ...valid, total_size_bytes: 200_001 }, 413, "upload_too_large"],
  [
    "a file of too many bytes",
    { ...valid, total_size_bytes: 100_001, files: [{ ...file, size_bytes: 100_001 }] },
    413,
    "file_too_large",
  ],
  ["an empty name", named(""), 422, "file_name_invalid"],
  ["a name with ../", named("../../etc/passwd"), 422, "file_name_invalid"],
  ["a name with .. in the middle", named("a/../b"), 422, "file_name_invalid"],
  ["a name with a backslash ..", named("a\\..\\b"), 422, "file_name_invalid"],
  ["a name with NUL", named("a\0.dcm"), 422, "file_name_invalid"],
  ["a name with a line end", named("a\r\nb"), 422, "file_name_invalid"],
  ["a name with ESC", named("a\x1b[31m"), 422, "file_name_invalid"],
  ["a name with DEL", named("a\x7f"), 422, "file_name_invalid"],
  ["a name with C1", named("a\u0085"), 422, "file_name_invalid"],
  ["a name of 1025 bytes", named(`${"ä".repeat(512)}b`), 422, "file_name_invalid"],
  ["a name of 4 kB", named("n".repeat(4096)), 422, "file_name_invalid"],
  ["a name of 100 kB", named("n".repeat(100_000)), 422, "file_name_invalid"],
  ["a name with a lone surrogate", `${JSON.stringify(named("§")).replace("§", "\\ud800")}`, 422, "file_name_invalid"],
  ...["\u202a", "\u202e", "\u2066", "\u2069"].map((bidi): [string, unknown, number, string] => [
    `a name with U+${bidi.charCodeAt(0).toString(16)}`,
    named(`IM${bidi}mcd.exe`),
    422,
    "file_name_invalid",
  ]),
];

const post = (path: string, body: unknown, token: string | null = client.token) =>
  fetch(box.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  });

describe("T26: POST /upload/init refuses", () => {
  test.each(bad)("%s", async (_what, body, status, code) => {
    await problemOf(await post("/upload/init", body), status, code);
  });

  test("a body past its bound, by its length and as it comes", async () => {
    const big = Buffer.alloc(17 * 1024 * 1024, 0x20);
    await problemOf(await post("/upload/init", big), 413, "request_too_large");
    const stream = new Blob([big]).stream(); // chunked: no length to look at
    const init = { method: "POST", headers: { authorization: `Bearer ${client.token}` }, body: stream };
    await problemOf(await fetch(`${box.url}/upload/init`, init), 413, "request_too_large");
  });

  test.each(["17000000", "4294967296", "99999999999999"])("a Content-Length of %s, before any byte", async (length) => {
    for (const line of [
      "POST /upload/init",
      "PUT /upload/1/chunk?file_id=a&chunk_index=0",
      "POST /upload/1/complete",
    ]) {
      const head = [`${line} HTTP/1.1`, `Authorization: Bearer ${client.token}`, `Content-Length: ${length}`];
      const raw = await rawRequest(box.url, head);
      await problemOf(await raw.answer(), 413, "request_too_large");
      raw.drop();
    }
  });

  test("the fields at fault are named, their values are not", async () => {
    const body = { ...valid, total_files: "SECRET", surprise: "SECRET" };
    const problem = await problemOf(await post("/upload/init", body), 422, "invalid_request");
    expect(problem.errors?.map(({ path }) => path)).toEqual(expect.arrayContaining(["total_files", "surprise"]));
    expect(JSON.stringify(problem)).not.toContain("SECRET");
  });
});

describe("good input on the edge is taken", () => {
  test.each([
    ["a name of 1024 bytes", named("ä".repeat(512))],
    ["a name with folders, dots and blanks", named("a/..b/c../ü 1.dcm")],
    ["chunk_size 4096", { ...valid, chunk_size: 4096 }],
    ["chunk_size 8388608", { ...valid, chunk_size: 8_388_608 }],
    ["an empty file", { ...oneFile(0) }],
    ["notes of 64 kB", metadata({ clinical_notes: "ä".repeat(32_768) })],
    [
      "every field",
      { ...valid, study_metadata: everyField(), expected_studies: [expected()], resend: { reason: "again" } },
    ],
  ])("%s", async (_what, body) => {
    const answer = await post("/upload/init", body);
    expect(answer.status).toBe(201);
    const { upload_id } = (await answer.json()) as { upload_id: string };
    expect((await client.request("DELETE", `/upload/${upload_id}`)).status).toBe(204);
  });
});

const login: [string, unknown, number, string][] = [
  ["no body", "", 400, "invalid_json"],
  ["broken JSON", "{", 400, "invalid_json"],
  ["a million levels", deep(1_000_000), 413, "request_too_large"],
  ["7 000 levels", deep(7000), 422, "invalid_request"],
  [
    "a list of 7 million",
    `{"username":"a","password":"b","totp":[${"0,".repeat(7_000_000)}0]}`,
    413,
    "request_too_large",
  ],
  ["a million unknown fields", `{${keys(1_000_000)}}`, 413, "request_too_large"],
  ["no password", { username: "clinician" }, 422, "invalid_request"],
  ["a number as password", { username: "clinician", password: 1 }, 422, "invalid_request"],
  ["an unknown field", { username: "clinician", password: "x", remember: true }, 422, "invalid_request"],
  ["a name of 10 kB", { username: "n".repeat(10_000), password: "x" }, 422, "invalid_request"],
  ["a wrong password", { username: "clinician", password: "wrong" }, 401, "invalid_credentials"],
  ["an unknown name", { username: "nobody", password: "wrong" }, 401, "invalid_credentials"],
  ["a name with NUL", { username: "clinician\0", password: "wrong" }, 401, "invalid_credentials"],
  ["__proto__ as a name", { username: "__proto__", password: "wrong" }, 401, "invalid_credentials"],
];
test.each(login)("POST /auth/login refuses %s", async (_what, body, status, code) => {
  await problemOf(await post("/auth/login", body, null), status, code);
});

const ids = [
  "x",
  "1",
  "%00",
  "..%2f..%2fetc",
  "%E0%A4%A",
  "a".repeat(3000),
  "null",
  crypto.randomUUID(),
  crypto.randomUUID().toUpperCase(),
];
test("an id that is none answers like one that does not exist", async () => {
  const routes = ["GET /upload/ID/status", "GET /upload/ID/events", "DELETE /upload/ID", "POST /upload/ID/token"];
  for (const id of ids)
    for (const route of [...routes, "POST /upload/ID/retry", "POST /upload/ID/accept", "GET /receipts/ID"]) {
      const [method = "", path = ""] = route.replace("ID", id).split(" ");
      await problemOf(await client.request(method, path), 404, "not_found");
    }
});

test("nothing of all that was written, and the box goes on", async () => {
  const { uploads } = (await (await client.request("GET", "/uploads")).json()) as { uploads: { state: string }[] };
  expect(uploads.filter(({ state }) => state !== "cancelled")).toEqual([]);
  expect(uploads).toHaveLength(7);
  await until("the spool to be empty", () => readdirSync(join(box.dataDir, "spool")).length === 0);
  expect(box.events("http.failed")).toEqual([]);
  expect((await client.request("GET", "/ready", { token: null })).status).toBe(200);
});

function everyField() {
  return {
    study_name: "a",
    patient_name: "A^B",
    patient_id: "1",
    patient_birth_date: "19700101",
    patient_sex: "O",
    study_date: "",
    modality: "CT",
    accession_number: "",
    body_part: "",
    service_level: "stat",
    clinical_notes: "",
    destination_ids: ["folder"],
  };
}
function expected() {
  return { study_instance_uid: "1.2.3", patient_id: "1", patient_birth_date: "19700101" };
}
