import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../cli/binary.ts";
import { type Box, startBox } from "../support/box.ts";
import type { Client, Opened } from "../support/client.ts";
import { newUser, oneFile, pattern, problemOf, put } from "./api.ts";

let box: Box;
let client: Client;
let opened: Opened;
beforeAll(async () => {
  box = await startBox("[limits]\nlogin_attempts_per_minute = 1000");
  client = await box.client("clinician");
  opened = await client.init(oneFile(5000));
});
afterAll(() => box.stop());

/** Everything CONTRACT §3 puts behind a token, built or not. */
const protectedRoutes = [
  "POST /upload/init",
  "PUT /upload/ID/chunk?file_id=a&chunk_index=0",
  "POST /upload/ID/token",
  "POST /upload/ID/complete",
  "GET /upload/ID/status",
  "GET /upload/ID/events",
  "POST /upload/ID/retry",
  "POST /upload/ID/accept",
  "DELETE /upload/ID",
  "POST /upload/ID/studies/1.2.3/confirm",
  "POST /upload/ID/studies/1.2.3/reject",
  "GET /uploads",
  "GET /receipts/ID",
  "GET /auth/me",
  "POST /auth/logout",
  "GET /auth/sessions",
  "DELETE /auth/sessions/ID",
  "POST /auth/password",
  "POST /auth/totp/enroll",
  "POST /invitations",
  "GET /invitations",
  "GET /studies",
  "GET /studies/1.2.3",
  "PUT /studies/1.2.3/report",
  "GET /notifications/events",
  "GET /admin/users",
  "GET /admin/destinations",
  "GET /admin/deliveries?state=parked",
  "POST /admin/deliveries/ID/retry",
  "GET /admin/audit",
  "GET /admin/nothing/of/the/kind",
] as const;

const ask = (route: string, headers: Record<string, string>, id = opened.upload_id) => {
  const [method = "", path = ""] = route.replace("ID", id).split(" ");
  return fetch(box.url + path, { method, headers });
};

test.each(protectedRoutes)("T6: %s: 401 without a token, with one that is none, with one in the URL", async (route) => {
  const glue = route.includes("?") ? "&" : "?";
  const inUrl = ["token", "access_token", "upload_token"].map((name) => `${route}${glue}${name}=${client.token}`);
  for (const asked of [route, ...inUrl]) await problemOf(await ask(asked, {}), 401, "unauthorized");
  for (const value of ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", `Basic ${btoa("a:b")}`, client.token])
    await problemOf(await ask(route, { authorization: value }), 401, "unauthorized");
  await problemOf(await ask(route, { cookie: `token=${client.token}` }), 401, "unauthorized");
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const parts = (token: string) => token.split(".").slice(0, 2).map(decoded);
const decoded = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
const otherTyp = (token: string) =>
  `relaypacs-${parts(token)[0]?.typ === "relaypacs-upload+jwt" ? "access" : "upload"}+jwt`;
const signed = (header: object, payload: object, key: KeyObject) => {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString("base64url")}`;
};
const foreign = generateKeyPairSync("ed25519");

/** T4: what the attacker makes out of a good token. */
const forgeries: [string, (token: string) => string][] = [
  ["alg none", (token) => `${base64url({ ...parts(token)[0], alg: "none" })}.${token.split(".")[1]}.`],
  [
    "alg None, with the old signature",
    (token) => token.replace(/^[^.]+/, base64url({ ...parts(token)[0], alg: "None" })),
  ],
  ["alg HS256", (token) => token.replace(/^[^.]+/, base64url({ ...parts(token)[0], alg: "HS256" }))],
  ["another key", (token) => signed(parts(token)[0] ?? {}, parts(token)[1] ?? {}, foreign.privateKey)],
  [
    "an embedded jwk",
    (token) =>
      signed(
        { ...parts(token)[0], jwk: foreign.publicKey.export({ format: "jwk" }) },
        parts(token)[1] ?? {},
        foreign.privateKey,
      ),
  ],
  [
    "a jku",
    (token) =>
      signed({ ...parts(token)[0], jku: "http://127.0.0.1:1/keys" }, parts(token)[1] ?? {}, foreign.privateKey),
  ],
  [
    "a kid that is a path",
    (token) => signed({ ...parts(token)[0], kid: "../../../dev/null" }, parts(token)[1] ?? {}, foreign.privateKey),
  ],
  [
    "a critical extension",
    (token) => signed({ ...parts(token)[0], crit: ["x"], x: 1 }, parts(token)[1] ?? {}, foreign.privateKey),
  ],
  [
    "other claims under the old signature",
    (token) => token.replace(/\.[^.]+\./, `.${base64url({ ...parts(token)[1], role: "admin" })}.`),
  ],
  ["no signature", (token) => token.replace(/\.[^.]+$/, ".")],
  ["a cut signature", (token) => token.slice(0, -4)],
  [
    "typ of the other kind",
    (token) => token.replace(/^[^.]+/, base64url({ ...parts(token)[0], typ: otherTyp(token) })),
  ],
  ["no header", (token) => token.replace(/^[^.]+/, "")],
  ["a header that is no JSON", (token) => token.replace(/^[^.]+/, "e30x")],
  ["null as header", (token) => token.replace(/^[^.]+/, base64url(null))],
  ["100 kB", () => "a".repeat(12_000)],
];
describe("T4: a forged token", () => {
  test.each(forgeries)("%s: 401", async (_what, forge) => {
    for (const token of [client.token, opened.upload_token]) {
      const headers = { authorization: `Bearer ${forge(token)}` };
      for (const route of ["GET /auth/me", "GET /upload/ID/status", "PUT /upload/ID/chunk?file_id=a&chunk_index=0"])
        await problemOf(await ask(route, headers), 401, "unauthorized");
    }
  });

  test("signed with the box's own key, but for another audience, issuer, type or without an end: 401", async () => {
    const jwk = JSON.parse(readFileSync(join(box.dataDir, "keys", "signing.jwk"), "utf8"));
    const own = (await crypto.subtle.importKey("jwk", jwk, "Ed25519", true, ["sign"])) as CryptoKey;
    const resigned = async (header: object, payload: object) => {
      const input = `${base64url(header)}.${base64url(payload)}`;
      const signature = await crypto.subtle.sign("Ed25519", own, Buffer.from(input));
      return `${input}.${Buffer.from(signature).toString("base64url")}`;
    };
    const [header = {}, payload = {}] = parts(client.token);
    const { exp: _exp, ...endless } = payload;
    const me = async (changed: object, claims: object) =>
      ask("GET /auth/me", { authorization: `Bearer ${await resigned({ ...header, ...changed }, claims)}` });
    expect((await me({}, payload)).status).toBe(200);
    for (const [changed, claims] of [
      [{}, endless],
      [{}, { ...payload, exp: 1 }],
      [{}, { ...payload, nbf: 99_999_999_999 }],
      [{}, { ...payload, aud: "upload" }],
      [{}, { ...payload, iss: "somebody" }],
      [{}, { ...payload, sub: crypto.randomUUID() }],
      [{ typ: "JWT" }, payload],
    ] as const)
      await problemOf(await me(changed, claims), 401, "unauthorized");
  });
});

describe("T4: a good token in the wrong place", () => {
  test.each(["POST /upload/init", "GET /uploads", "GET /auth/me", "POST /upload/ID/retry", "POST /upload/ID/accept"])(
    "an upload token on %s: 401",
    async (route) => {
      await problemOf(await ask(route, { authorization: `Bearer ${opened.upload_token}` }), 401, "unauthorized");
    },
  );
  test.each(["PUT /upload/ID/chunk?file_id=a&chunk_index=0", "POST /upload/ID/complete"])(
    "an access token on %s: 401",
    async (route) => {
      await problemOf(await ask(route, { authorization: `Bearer ${client.token}` }), 401, "unauthorized");
    },
  );
  test("an upload token on another upload: 403 wrong_upload, whether that exists or not; on another's receipt: 404", async () => {
    const other = await client.init(oneFile(10));
    const headers = { authorization: `Bearer ${opened.upload_token}` };
    for (const id of [other.upload_id, crypto.randomUUID(), "x"])
      for (const route of protectedRoutes.slice(1, 6).concat(["DELETE /upload/ID"] as never))
        await problemOf(await ask(route, headers, id), 403, "wrong_upload");
    await problemOf(await ask("GET /receipts/ID", headers), 404, "not_found");
  });
  test("the scheme's name may be written in any case", async () => {
    expect((await ask("GET /auth/me", { authorization: `bearer ${client.token}` })).status).toBe(200);
  });
});

test("T10: another's id answers as one that does not exist, on every verb; those who see all see it", async () => {
  const stranger = await newUser(box, "stranger", "clinician");
  const radiographer = await box.client("radiographer");
  const radiologist = await box.client("radiologist");
  const admin = await box.client("admin");
  const verbs = ["GET /upload/ID/status", "GET /upload/ID/events", "POST /upload/ID/token", "POST /upload/ID/retry"];
  const all = [...verbs, "POST /upload/ID/accept", "DELETE /upload/ID"];
  const tell = async (who: Client, route: string, id: string) => {
    const answer = await ask(route, { authorization: `Bearer ${who.token}` }, id);
    const { request_id: _own, ...problem } = await problemOf(answer, 404, "not_found");
    return problem;
  };
  for (const who of [stranger, radiographer])
    for (const route of all)
      expect(await tell(who, route, opened.upload_id)).toEqual(await tell(who, route, crypto.randomUUID()));
  for (const who of [stranger, radiographer])
    expect(await (await who.request("GET", "/uploads")).json()).toEqual({ uploads: [], next_cursor: null });
  for (const who of [radiologist, admin]) {
    expect((await who.status(opened.upload_id)).upload_id).toBe(opened.upload_id);
    expect(JSON.stringify(await (await who.request("GET", "/uploads")).json())).toContain(opened.upload_id);
    await tell(who, "POST /upload/ID/token", opened.upload_id); // only its owner sends into it
  }
  await tell(radiologist, "DELETE /upload/ID", opened.upload_id);
  expect((await client.status(opened.upload_id)).state).toBe("receiving");
});

/** role → what it may not · everything else must not answer 403. */
const forbidden: [string, string[]][] = [
  ["clinician", ["GET /admin/deliveries"]],
  ["radiographer", ["GET /admin/deliveries"]],
  ["radiologist", ["POST /upload/init", "POST /upload/ID/retry", "POST /upload/ID/accept", "GET /admin/deliveries"]],
  ["admin", []],
];
test.each(forbidden)("the role %s", async (role, denied) => {
  const who = await box.client(role as "admin");
  const routes = [
    "POST /upload/init",
    "GET /uploads",
    "GET /auth/me",
    "POST /upload/ID/retry",
    "POST /upload/ID/accept",
  ];
  for (const route of [...routes, "GET /admin/deliveries"]) {
    const [method = "", path = ""] = route.replace("ID", crypto.randomUUID()).split(" ");
    const body = route !== "POST /upload/init" ? {} : { body: denied.includes(route) ? { wrong: true } : oneFile(10) };
    const answer = await who.request(method, path, body);
    if (denied.includes(route)) await problemOf(answer, 403, "forbidden");
    else expect([200, 201, 404]).toContain(answer.status);
  }
});

test("disabling a user ends the sign-in and the upload tokens at once", async () => {
  const leaver = await newUser(box, "leaver", "radiographer");
  const theirs = await leaver.init(oneFile(4096));
  expect((await put(box, theirs, { file_id: "a", chunk_index: 0 }, pattern(4096))).status).toBe(200);
  expect((await run(["user", "disable", "leaver", "--config", box.configFile])).code).toBe(0);
  await problemOf(await leaver.request("GET", "/auth/me"), 401, "unauthorized");
  await problemOf(await put(box, theirs, { file_id: "a", chunk_index: 0 }, pattern(4096)), 401, "unauthorized");
  for (const route of ["GET /upload/ID/status", "POST /upload/ID/complete", "POST /upload/ID/token"])
    await problemOf(
      await ask(route, { authorization: `Bearer ${theirs.upload_token}` }, theirs.upload_id),
      401,
      "unauthorized",
    );
});

test("T5: key rotate in the middle of an upload: old tokens go on, new ones are signed by the new key", async () => {
  const theirs = await client.init(oneFile(4096));
  expect((await run(["key", "rotate", "--config", box.configFile])).code).toBe(0);
  const fresh = await client.request("POST", `/upload/${theirs.upload_id}/token`);
  const { upload_token } = (await fresh.json()) as { upload_token: string };
  const kid = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
  expect(kid(upload_token)).not.toBe(kid(theirs.upload_token));
  expect((await put(box, theirs, { file_id: "a", chunk_index: 0 }, pattern(4096))).status).toBe(200);
  const renewed = { ...theirs, upload_token };
  expect((await put(box, renewed, { file_id: "a", chunk_index: 0 }, pattern(4096))).status).toBe(200);
  expect((await client.complete(theirs)).status).toBe(200);
  await problemOf(await put(box, renewed, { file_id: "a", chunk_index: 0 }, pattern(4096)), 409, "upload_closed");
});

test("T6: no token, name or address of an upload is in what the box says", () => {
  const said = box.lines.join("\n");
  for (const secret of [client.token, opened.upload_token, "a.bin"]) expect(said).not.toContain(secret);
  expect(box.events("http.failed")).toEqual([]);
});
