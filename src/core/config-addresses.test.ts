import { expect, test } from "bun:test";
import { loadConfig } from "./config.ts";

const start = 'listen = "127.0.0.1:0"\ntls.mode = "off"\n[[destination]]\nid = "a"\nkind = "stow-rs"\n';
const load = (more: string) => () => loadConfig({ file: "relaypacs.toml", env: {}, readFile: () => start + more });

test.each([
  ["an address without a host", 'url = "https://"', "destination[0].url: must be an address with a host"],
  [
    "a token endpoint without one",
    'url = "http://x"\nauth = { type = "oauth2-client", token_url = "http://", client_id = "c", client_secret = "s" }',
    "destination[0].auth.token_url: must be an address with a host",
  ],
  ...['{ x = "a\\r\\nb: c" }', '{ "x y" = "a" }', '{ "" = "a" }'].map((headers) => [
    `headers ${headers} that no client can send`,
    `url = "http://x"\nheaders = ${headers}`,
    "destination[0].headers: must have names and values as HTTP takes them",
  ]),
])("%s", (_name, more, words) => expect(load(more ?? "")).toThrow(words ?? ""));

test("what HTTP takes can be used", () => {
  const headers = '{ "X-Api-Key" = "a b;c=\\"d\\"", authorization = "Key 1" }';
  expect(load(`url = "http://x"\nheaders = ${headers}`)).not.toThrow();
});
