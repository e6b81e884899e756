import { expect, test } from "bun:test";
import { loadConfig } from "./config.ts";
import { ConfigError } from "./config-error.ts";

/** What is wrong with a destination that signs in like this. */
function problems(auth: string): string[] {
  const file = `listen = "127.0.0.1:0"
tls.mode = "off"
[[destination]]
id = "a"
kind = "stow-rs"
url = "https://archive"
auth = ${auth}`;
  try {
    loadConfig({
      file: "relaypacs.toml",
      env: {},
      readFile: (path) => {
        if (path === "relaypacs.toml") return file;
        throw Object.assign(new Error("none"), { code: "ENOENT" });
      },
    });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

const aws = 'type = "aws-sigv4", access_key_id = "a", secret_access_key = "s"';
const client = 'type = "oauth2-client", token_url = "https://t", client_id = "c"';

test.each([
  ["an AWS sign-in without its region", `{ ${aws} }`, "destination[0].auth.region: is missing"],
  [
    "an AWS session whose token is not set",
    `{ ${aws}, region = "r", session_token = { env = "NONE" } }`,
    "destination[0].auth.session_token: the environment variable NONE is not set",
  ],
  [
    "a service account's key that is not there",
    '{ type = "google-service-account", key = { file = "nowhere" } }',
    "destination[0].auth.key: the file nowhere cannot be read",
  ],
  [
    "a client's secret that is not there",
    `{ ${client}, client_secret = { file = "nowhere" } }`,
    "destination[0].auth.client_secret: the file nowhere cannot be read",
  ],
  [
    "a token endpoint's authority that is not there",
    `{ ${client}, client_secret = "s", tls = { ca = "nowhere" } }`,
    "destination[0].auth.tls.ca: the file nowhere does not exist",
  ],
])("%s", (_name, auth, problem) => {
  expect(problems(auth).join("\n")).toStartWith(problem);
});

test.each([
  `{ ${aws}, region = "eu-west-1" }`,
  `{ ${client}, client_secret = "s", scope = "x", client_in = "header" }`,
])("%s can be used", (auth) => expect(problems(auth)).toEqual([]));

test("an address of queries is one as the archive's own is", () => {
  expect(problems('{ type = "none" }\nquery_url = "https://"')).toEqual([
    "destination[0].query_url: must be an address with a host, such as https://pacs.lan",
  ]);
});
