import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testCertificate } from "../../test/support/test-certificates.ts";
import { loadConfig } from "./config.ts";
import { ConfigError } from "./config-error.ts";

const absent = (): never => {
  throw Object.assign(new Error("absent"), { code: "ENOENT" });
};
/** Loads a configuration whose file has this text; `tls` makes the rest of it valid unless the case is about tls. */
const tls = 'listen = "127.0.0.1:8080"\ntls.mode = "off"\n';
const load = (text: string, env: Record<string, string> = {}, files: Record<string, string> = {}) =>
  loadConfig({ file: "test.toml", env, readFile: (path) => (path === "test.toml" ? text : (files[path] ?? absent())) });

/** The problems as "path: message" lines. */
function problems(text: string, env: Record<string, string> = {}, files: Record<string, string> = {}): string[] {
  try {
    load(text, env, files);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}
const folder = (id: string, more = "") => `[[destination]]\nid = "${id}"\nkind = "folder"\npath = "x"\n${more}\n`;

describe("where the configuration comes from", () => {
  const byPath = (texts: Record<string, string>) => (path: string) => texts[path] ?? absent();
  const named = (name: string) => `${tls}site_name = "${name}"`;
  const readFile = byPath({
    "/etc/relaypacs/relaypacs.toml": named("system"),
    a: named("a"),
    b: named("b"),
  });
  test("--config, else RELAYPACS_CONFIG, else the system's file", () => {
    expect(loadConfig({ file: "a", env: { RELAYPACS_CONFIG: "b" }, readFile }).site_name).toBe("a");
    expect(loadConfig({ env: { RELAYPACS_CONFIG: "b" }, readFile }).site_name).toBe("b");
    expect(loadConfig({ env: {}, readFile }).site_name).toBe("system");
  });
  test("without any file the defaults of the contract hold", () => {
    const env = { RELAYPACS_TLS__MODE: "off", RELAYPACS_LISTEN: "[::1]:0" };
    const config = loadConfig({ env, readFile: absent });
    expect(config.data_dir).toBe("/var/lib/relaypacs");
    expect(config.limits.max_upload_bytes).toBe(21_474_836_480);
    expect(config.auth.require_totp_for).toEqual(["admin"]);
    expect(config.retention.display_hours).toBe(24);
    expect(config.destination).toEqual([]);
  });
  test("a file that was asked for must exist", () => {
    expect(() => loadConfig({ file: "gone.toml", env: {}, readFile: absent })).toThrow("gone.toml does not exist");
    expect(() => loadConfig({ env: { RELAYPACS_CONFIG: "gone.toml" }, readFile: absent })).toThrow("RELAYPACS_CONFIG");
  });
  test("a system file that cannot be read is told, not passed over", () => {
    const readFile = () => {
      throw Object.assign(new Error("denied"), { code: "EACCES" });
    };
    expect(() => loadConfig({ env: {}, readFile })).toThrow("cannot be read");
  });
  test("a syntax error gives line and column, and shows nothing of the file", () => {
    const told = problems('listen = "127.0.0.1:1"\nsecret = "hunter2\n').join();
    expect(told).toMatch(/^line 2, column \d+: is not valid TOML/);
    expect(told).not.toContain("hunter2");
  });
});

describe("environment", () => {
  test("sets scalars of every type over the file", () => {
    const config = load(`${tls}[limits]\nmax_files = 3`, {
      RELAYPACS_LIMITS__MAX_FILES: "5",
      RELAYPACS_LIMITS__REQUEST_IDLE_SECONDS: "0.5",
      RELAYPACS_TLS__BEHIND_PROXY: "true",
      RELAYPACS_SITE_NAME: "42",
      RELAYPACS_METRICS__TOKEN: "secret",
      RELAYPACS_TOKEN: "of send",
    });
    expect(config.limits.max_files).toBe(5);
    expect(config.limits.request_idle_seconds).toBe(0.5);
    expect(config.tls.behind_proxy).toBe(true);
    expect(config.site_name).toBe("42");
    expect(config.metrics.token).toBe("secret");
  });
  test.each([
    [{ RELAYPACS_LISTEM: "x" }, "RELAYPACS_LISTEM: is not a known variable; did you mean RELAYPACS_LISTEN?"],
    [{ RELAYPACS_ROUTE: "x" }, "RELAYPACS_ROUTE: is not a known variable"],
    [
      { RELAYPACS_LIMITS__MAX_FILES: "many" },
      'limits.max_files (RELAYPACS_LIMITS__MAX_FILES): must be a whole number from 1 up to 10000000, not "many"',
    ],
    [{ RELAYPACS_LIMITS__MAX_FILES: "" }, "limits.max_files (RELAYPACS_LIMITS__MAX_FILES): must be a whole number"],
    [{ RELAYPACS_LIMITS__MAX_FILES: "0x10" }, "limits.max_files (RELAYPACS_LIMITS__MAX_FILES): must be a whole number"],
    [{ RELAYPACS_TLS__BEHIND_PROXY: "yes" }, "tls.behind_proxy (RELAYPACS_TLS__BEHIND_PROXY): must be true or false"],
  ])("%j is told", (env, words) => {
    expect(problems(tls, env as Record<string, string>).join("\n")).toContain(words);
  });
  test("a variable that a secret names may have any name", () => {
    const bearer = 'auth = { type = "bearer", token = { env = "RELAYPACS_MY_SECRET" } }';
    const text = `${tls}[[destination]]\nid = "a"\nkind = "orthanc"\nurl = "http://x"\n${bearer}`;
    expect(problems(text, { RELAYPACS_MY_SECRET: "s" })).toEqual([]);
    expect(problems(text)).toEqual([
      "destination[0].auth.token: the environment variable RELAYPACS_MY_SECRET is not set",
    ]);
  });
});

const destination = (kind: string, more: string) => `${tls}[[destination]]\nid = "a"\nkind = "${kind}"\n${more}`;
const table: [name: string, text: string, words: string][] = [
  ["an unknown key", `${tls}lissten = 1`, "lissten: is not a known key; did you mean listen?"],
  [
    "an unknown key in a table",
    `${tls}[limits]\nmax_file = 1`,
    "limits.max_file: is not a known key; did you mean limits.max_file",
  ],
  ["a key in the wrong place", `${tls}max_upload_bytes = 1`, "did you mean limits.max_upload_bytes?"],
  [
    "a wrong type",
    `${tls}[limits]\nmax_files = "3"`,
    'limits.max_files: must be a whole number from 1 up to 10000000, not "3"',
  ],
  ["a fraction of a file", `${tls}[limits]\nmax_files = 1.5`, "limits.max_files: must be a whole number"],
  [
    "a value out of range",
    `${tls}[limits]\nmax_files = 0`,
    "limits.max_files: must be a whole number from 1 up to 10000000, not 0",
  ],
  [
    "a duration of nothing",
    `${tls}[auth]\nsession_hours = 0`,
    "auth.session_hours: must be a number above 0 and up to 1000000, not 0",
  ],
  ["a value for a table", `${tls}limits = 3`, "limits: must be a table with max_upload_bytes"],
  ["an unknown word", `${tls}intake.notes_as = "doc"`, 'intake.notes_as: must be "sr" or "pdf" or "none", not "doc"'],
  ["an item of a list", `${tls}auth.require_totp_for = ["boss"]`, "auth.require_totp_for[0]: must be"],
  [
    "an unknown kind",
    destination("orthank", ""),
    'destination[0].kind: must be one of "stow-rs", "dcm4chee", "google-healthcare", "aws-healthimaging", "azure-dicom", "orthanc", "c-store", "folder" (did you mean "orthanc"?)',
  ],
  ["a missing field of the kind", destination("stow-rs", ""), "destination[0].url: is missing"],
  [
    "a wrong address",
    destination("stow-rs", 'url = "ftp://x"'),
    "destination[0].url: must be an address that begins with http",
  ],
  [
    "a key of another kind",
    destination("folder", 'path = "x"\nurl = "http://x"'),
    "destination[0].url: is not a known key",
  ],
  [
    "a way of sign-in that does not exist",
    destination("stow-rs", 'url = "http://x"\nauth = { type = "kerberos" }'),
    'destination[0].auth.type: must be one of "none", "basic", "bearer", "oauth2-client", "google-service-account", "aws-sigv4"',
  ],
  [
    "a missing password",
    destination("stow-rs", 'url = "http://x"\nauth = { type = "basic", username = "u" }'),
    "destination[0].auth.password: is missing",
  ],
  [
    "an AE title that is too long",
    destination("c-store", 'host = "h"\nport = 104\ncalled_ae_title = "SEVENTEEN_LETTERS"'),
    "destination[0].called_ae_title: must be",
  ],
  [
    "an AE title of spaces",
    destination("c-store", 'host = "h"\nport = 104\ncalled_ae_title = "  "'),
    "destination[0].called_ae_title: must be 1 to 16 ASCII characters, not spaces alone",
  ],
  [
    "an AE title of its own of spaces",
    destination("c-store", 'host = "h"\nport = 104\ncalled_ae_title = "A"\ncalling_ae_title = " "'),
    "destination[0].calling_ae_title: must be",
  ],
  [
    "a port out of range",
    destination("c-store", 'host = "h"\nport = 70000\ncalled_ae_title = "A"'),
    "destination[0].port: must be a whole number from 1 up to 65535, not 70000",
  ],
  [
    "a CA that is not there",
    destination("orthanc", 'url = "https://x"\ntls = { ca = "/nowhere.pem" }'),
    "destination[0].tls.ca: the file /nowhere.pem does not exist",
  ],
  ["an id twice", tls + folder("a") + folder("a"), 'destination[1].id: "a" is already the id'],
  [
    "a fallback that is not there",
    tls + folder("a", 'fallback = "b"'),
    "destination[0].fallback: names no destination; known: a",
  ],
  ["a fallback to itself", tls + folder("a", 'fallback = "a"'), "destination[0].fallback: must name another"],
  [
    "a circle of fallbacks",
    tls + folder("a", 'fallback = "b"') + folder("b", 'fallback = "a"'),
    "destination[1].fallback: leads back",
  ],
  [
    "a route to nowhere",
    `${tls}[[route]]\nname = "r"\nto = ["zz"]\n`,
    "route[0].to[0]: names no destination; known: none",
  ],
  [
    "a service level that never matches",
    `${tls + folder("a")}[[route]]\nname = "r"\nwhen = { service_level = "STAT" }\nto = ["a"]`,
    "route[0].when.service_level: must be",
  ],
  [
    "redirects to an https that is not there",
    `${tls}tls.http_listen = "127.0.0.1:8081"`,
    'tls.http_listen: redirects to https; with tls.mode = "off" there is none',
  ],
  ["an address without a port", 'listen = "localhost"\ntls.mode = "off"', "listen: must be"],
  ["a port that does not exist", 'listen = "127.0.0.1:70000"\ntls.mode = "off"', "listen: must be"],
  ["redirects without a port", 'tls.http_listen = "localhost"', "tls.http_listen: must be"],
  [
    "a proxy that is no address",
    `${tls}tls.trusted_proxies = ["10.0.0.0/8", "proxy.lan"]`,
    "tls.trusted_proxies[1]: must be an address or a network",
  ],
  [
    "no encryption for all the world",
    'listen = "0.0.0.0:80"\ntls.mode = "off"',
    'tls.mode: "off" needs a loopback listen',
  ],
  ["no certificate", 'tls.mode = "files"', "tls.cert: is missing"],
  [
    "a certificate that is not there",
    'tls = { mode = "files", cert = "/nowhere.pem", key = "/nowhere.pem" }',
    "tls.cert: the file /nowhere.pem does not exist",
  ],
];

describe("what cannot be used", () => {
  test.each(table)("%s", (_name, text, words) => {
    expect(problems(text).join("\n")).toContain(words);
  });
  test("everything is told at once", () => {
    expect(problems(`${tls}nonsense = 1\n[limits]\nmax_files = 0\n${folder("-")}`)).toHaveLength(3);
  });
  test("a secret never stands in an error", () => {
    const more = 'url = "http://x"\nauth = { type = "basic", username = "u", password = { file = "f", hunter2 = 1 } }';
    expect(problems(destination("stow-rs", more)).join()).toStartWith("destination[0].auth.password: must be");
    const numeric = 'url = "http://x"\nauth = { type = "bearer", token = 271828 }';
    expect(problems(destination("stow-rs", numeric)).join()).not.toContain("271828");
  });
});

describe("what can be used", () => {
  test("nothing at all: certificates of its own are the default", () => {
    expect(problems("")).toEqual([]);
    expect(problems('tls.http_listen = "0.0.0.0:8080"')).toEqual([]);
  });
  test("tls off behind a proxy or on loopback", () => {
    expect(problems('listen = "0.0.0.0:80"\ntls = { mode = "off", behind_proxy = true }')).toEqual([]);
    expect(problems('listen = "[::1]:0"\ntls.mode = "off"')).toEqual([]);
  });
  test("tls with files, where the key belongs to the certificate", () => {
    const dir = mkdtempSync(join(tmpdir(), "relaypacs-config-"));
    const files = (cert: string, key: string) =>
      problems(`tls = { mode = "files", cert = "${join(dir, cert)}", key = "${join(dir, key)}" }`);
    try {
      testCertificate(dir, "one");
      testCertificate(dir, "two");
      writeFileSync(join(dir, "empty.pem"), "");
      expect(files("one.crt", "one.key")).toEqual([]);
      expect(files("one.crt", "two.key")).toEqual(["tls.key: does not belong to the certificate in tls.cert"]);
      expect(files("empty.pem", "one.key")).toEqual(["tls.cert: is not a PEM file that can be read"]);
      expect(files("one.crt", "empty.pem")).toEqual(["tls.key: is not a PEM file that can be read"]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
  test("a chain of fallbacks, and routes", () => {
    const routes = '[[route]]\nname = "r"\nwhen = { modality = ["CT"], service_level = "stat" }\nto = ["a", "b"]\n';
    const text = tls + folder("a", 'fallback = "b"') + folder("b", 'fallback = "c"') + folder("c") + routes;
    expect(problems(text)).toEqual([]);
    expect(load(text).route[0]?.to).toEqual(["a", "b"]);
  });
  test("every default of the contract, also where it is not built yet", () => {
    const cStore = 'host = "h"\nport = 104\ncalled_ae_title = "A"\ndecompress = true';
    const later =
      'tls.http_listen = ""\ntls.trusted_proxies = []\nbackup = { every_hours = 24, keep = 7 }\npublic_url = ""\n';
    expect(problems(destination("c-store", cStore).replace(tls, tls + later))).toEqual([]);
  });
  test("secrets from files", () => {
    const text = `${tls}metrics.token = { file = "t" }`;
    expect(problems(text, {}, { t: "abc\n" })).toEqual([]);
    expect(problems(text)).toEqual(["metrics.token: the file t cannot be read"]);
  });
});
