import { expect, test } from "bun:test";
import { shownSettings } from "../core/config-secrets.ts";
import { seal, settingsSealer, unseal, withKept } from "./secrets.ts";

const sealer = settingsSealer(new Uint8Array(32).fill(7));
const archive = {
  id: "a",
  kind: "stow-rs",
  url: "https://pacs.lan/web",
  auth: { type: "aws-sigv4", region: "eu", access_key_id: "k", secret_access_key: "s1", session_token: "s2" },
  headers: { "x-key": "s3" },
};

test("secrets leave the settings sealed, and come back under their own id alone", () => {
  const { plain, secrets } = seal(archive, sealer);
  expect(JSON.stringify([plain, secrets])).not.toMatch(/s[123]"/);
  expect(Object.keys(secrets).sort()).toEqual(["auth.secret_access_key", "auth.session_token", "headers.x-key"]);
  expect(unseal(plain, secrets, sealer)).toEqual(archive);
  const moved = { ...plain, id: "b" };
  expect(unseal(moved, secrets, sealer).headers).toEqual({ "x-key": "" });
  const swapped = { ...secrets, "headers.x-key": secrets["auth.session_token"] ?? "" };
  expect(unseal(plain, swapped, sealer).headers).toEqual({ "x-key": "" });
  expect(unseal(plain, secrets, settingsSealer(new Uint8Array(32))).headers).toEqual({ "x-key": "" });
});

test("what is shown holds no secret, and no name or password of an address", () => {
  const shown = shownSettings({ ...archive, url: "https://u:p@pacs.lan/web", query_url: "https://u:p@pacs.lan/q" });
  expect(shown).toEqual({
    ...archive,
    query_url: "https://pacs.lan/q",
    auth: { ...archive.auth, secret_access_key: { set: true }, session_token: { set: true } },
    headers: { "x-key": { set: true } },
  });
  const client = { type: "oauth2-client", token_url: "https://u:p@t/", client_id: "c", client_secret: { env: "X" } };
  expect(shownSettings({ ...archive, auth: client }).auth).toEqual({
    ...client,
    token_url: "https://t/",
    client_secret: { set: true },
  });
  // One that did not open is not there.
  expect(shownSettings({ ...archive, headers: { "x-key": "" } }).headers).toEqual({});
});

test("what is sent back as it was shown stays as it was", () => {
  expect(withKept(shownSettings(archive), archive)).toEqual({ settings: archive, problems: [] });
});

const { session_token: _token, ...withoutToken } = archive.auth;
test.each([
  ["left out stays", withoutToken, archive.auth],
  ["null takes it away", { ...archive.auth, session_token: null }, withoutToken],
  ["a new one counts", { ...archive.auth, session_token: "new" }, { ...archive.auth, session_token: "new" }],
  ["of another sign-in nothing stays", { type: "bearer" }, { type: "bearer" }],
])("a secret of the sign-in: %s", (_name, auth, expected) => {
  expect(withKept({ ...archive, auth }, archive).settings.auth).toEqual(expected);
});

test("a header that is left out goes", () => {
  expect(withKept({ ...archive, headers: {} }, archive).settings.headers).toEqual({});
});

test.each([
  ["another host", { url: "https://evil.lan/web" }],
  ["without encryption", { url: "http://pacs.lan/web" }],
  ["another port", { url: "https://pacs.lan:8443/web" }],
  ["another host for queries", { query_url: "https://evil.lan/web" }],
  ["another host for retrieval", { retrieve_url: "https://evil.lan/web" }],
])("no secret goes along to %s", (_name, change) => {
  const { settings, problems } = withKept({ ...shownSettings(archive), ...change }, archive);
  expect(problems.map(({ path }) => path)).toEqual(["auth.secret_access_key", "auth.session_token", "headers.x-key"]);
  expect(JSON.stringify(settings)).not.toMatch(/"s[123]"/);
});

test("another path at the same archive is shown no more than it was", () => {
  const { problems } = withKept({ ...shownSettings(archive), query_url: "https://pacs.lan/search" }, archive);
  expect(problems).toEqual([]);
});

test("nor to another token endpoint", () => {
  const auth = { type: "oauth2-client", token_url: "https://t/x", client_id: "c", client_secret: "s1" };
  const before = { ...archive, auth };
  const { problems } = withKept(
    { ...before, auth: { ...auth, token_url: "https://evil/x", client_secret: { set: true } } },
    before,
  );
  expect(problems.map(({ path }) => path)).toContain("auth.client_secret");
});
