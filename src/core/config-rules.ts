import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { problemsOf } from "./config-check.ts";
import type { Environment } from "./config-env.ts";
import type { ConfigProblem } from "./config-error.ts";
import {
  addressFields,
  authSecrets,
  type Config,
  type DestinationConfig,
  destinationSchemas,
  type SecretSource,
} from "./config-schema.ts";
import { ipRange } from "./ip.ts";
import { isLoopback, parseListen } from "./listen.ts";
import { nearest } from "./nearest.ts";
import { readSecret } from "./secrets.ts";

/** What the rules need of the world outside the file. */
export interface Surroundings {
  readonly environment: Environment;
  readonly readFile: (path: string) => string;
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** Each destination against the schema of its kind. */
export function destinationProblems(destinations: readonly unknown[]): ConfigProblem[] {
  const kinds = Object.keys(destinationSchemas);
  return destinations.flatMap((value, index) => {
    const path = `destination[${index}]`;
    const kind = (value as { kind?: unknown } | null)?.kind;
    if (typeof kind === "string" && Object.hasOwn(destinationSchemas, kind)) {
      return problemsOf(destinationSchemas[kind as DestinationConfig["kind"]], value, path);
    }
    const near = typeof kind === "string" ? nearest(kind, kinds) : null;
    const hint = near === null ? "" : ` (did you mean "${near}"?)`;
    return [{ path: `${path}.kind`, message: `must be one of ${kinds.map((k) => `"${k}"`).join(", ")}${hint}` }];
  });
}

function listenProblems(config: Config): ConfigProblem[] {
  const form = 'must be "host:port" with a port up to 65535, such as "127.0.0.1:8080" or "[::1]:8080"';
  const problems: ConfigProblem[] = [];
  const { http_listen, mode } = config.tls;
  if (parseListen(config.listen) === null) problems.push({ path: "listen", message: form });
  if (http_listen !== "" && parseListen(http_listen) === null)
    problems.push({ path: "tls.http_listen", message: form });
  if (http_listen !== "" && mode === "off") {
    const message = 'redirects to https; with tls.mode = "off" there is none, leave it empty';
    problems.push({ path: "tls.http_listen", message });
  }
  config.tls.trusted_proxies.forEach((entry, index) => {
    const message = 'must be an address or a network, such as "10.0.0.5" or "10.0.0.0/24"';
    if (ipRange(entry) === null) problems.push({ path: `tls.trusted_proxies[${index}]`, message });
  });
  config.destination.forEach((item, index) => {
    if (item.kind !== "c-store" || item.commitment_listen === undefined) return;
    const port = parseListen(item.commitment_listen)?.port ?? 0;
    if (port === 0) problems.push({ path: `destination[${index}].commitment_listen`, message: `${form}, not 0` });
  });
  if (config.public_url !== "" && !/^https?:\/\/[^\s/]+/.test(config.public_url)) {
    problems.push({ path: "public_url", message: "must be empty or an address that begins with http:// or https://" });
  }
  return problems;
}

function tlsProblems({ tls, listen }: Config): ConfigProblem[] {
  const address = parseListen(listen);
  if (tls.mode === "auto") return [];
  if (tls.mode === "off") {
    if (tls.behind_proxy || address === null || isLoopback(address.host)) return [];
    const instead = 'set tls.behind_proxy = true where a proxy encrypts, or tls.mode = "files"';
    return [
      { path: "tls.mode", message: `"off" needs a loopback listen such as "127.0.0.1:8080"; otherwise ${instead}` },
    ];
  }
  const missing = (["cert", "key"] as const).flatMap((key) => {
    if (tls[key] === "")
      return [{ path: `tls.${key}`, message: 'is missing; tls.mode = "files" needs a PEM file here' }];
    return isFile(tls[key]) ? [] : [{ path: `tls.${key}`, message: `the file ${tls[key]} does not exist` }];
  });
  return missing.length > 0 ? missing : pairProblems(tls);
}

/** Told here, a wrong pair never replaces a right one that is being served. */
function pairProblems({ cert, key }: Config["tls"]): ConfigProblem[] {
  const attempt = <T>(path: string, read: () => T): T | ConfigProblem[] => {
    try {
      return read();
    } catch {
      return [{ path, message: "is not a PEM file that can be read" }];
    }
  };
  const certificate = attempt("tls.cert", () => new X509Certificate(readFileSync(cert)));
  if (Array.isArray(certificate)) return certificate;
  const privateKey = attempt("tls.key", () => createPrivateKey(readFileSync(key)));
  if (Array.isArray(privateKey)) return privateKey;
  if (certificate.checkPrivateKey(privateKey)) return [];
  return [{ path: "tls.key", message: "does not belong to the certificate in tls.cert" }];
}

/** What the pattern lets through and no client can read: `http://`, `https://a b`. */
const addressProblems = ({ destination }: Config): ConfigProblem[] =>
  destination.flatMap((item, index) => {
    const auth = "auth" in item ? item.auth : undefined;
    const addresses = [
      ...addressFields.map((name) => [name, (item as Partial<Record<typeof name, string>>)[name]] as const),
      ["auth.token_url", auth?.type === "oauth2-client" ? auth.token_url : undefined],
    ] as const;
    return addresses.flatMap(([name, address]) =>
      address === undefined || URL.canParse(address)
        ? []
        : [
            {
              path: `destination[${index}].${name}`,
              message: "must be an address with a host, such as https://pacs.lan",
            },
          ],
    );
  });

/** A header that no client sends would fail at each study (RFC 9110 5.1, 5.5). */
const headerProblems = ({ destination }: Config): ConfigProblem[] =>
  destination.flatMap((item, index) =>
    Object.entries("headers" in item ? (item.headers ?? {}) : {}).flatMap(([name, value]) =>
      /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
        ? []
        : [{ path: `destination[${index}].headers`, message: "must have names and values as HTTP takes them" }],
    ),
  );

/** Ids are told apart, a fallback is another destination, and following fallbacks ends somewhere. */
function referenceProblems({ destination, route }: Config): ConfigProblem[] {
  const ids = destination.map(({ id }) => id);
  const byId = new Map(destination.map((item) => [item.id, item]));
  const exists = (id: string) => (ids.includes(id) ? [] : [`names no destination; known: ${ids.join(", ") || "none"}`]);
  const circle = (start: DestinationConfig) => {
    const seen = new Set<string>();
    for (let at: DestinationConfig | undefined = start; at?.fallback !== undefined; at = byId.get(at.fallback)) {
      if (seen.has(at.id)) return at.id === start.id;
      seen.add(at.id);
    }
    return false;
  };
  const fallback = (item: DestinationConfig) => {
    if (item.fallback === undefined) return [];
    if (item.fallback === item.id) return ["must name another destination"];
    return [...exists(item.fallback), ...(circle(item) ? ["leads back to this destination"] : [])];
  };
  return [
    ...destination.flatMap((item, index) => [
      ...(ids.indexOf(item.id) < index
        ? [{ path: `destination[${index}].id`, message: `"${item.id}" is already the id of another destination` }]
        : []),
      ...fallback(item).map((message) => ({ path: `destination[${index}].fallback`, message })),
    ]),
    ...route.flatMap(({ to }, index) =>
      to.flatMap((id, at) => exists(id).map((message) => ({ path: `route[${index}].to[${at}]`, message }))),
    ),
  ];
}

function secretProblems(config: Config, around: Surroundings): ConfigProblem[] {
  const secrets: [string, SecretSource][] = [["metrics.token", config.metrics.token]];
  config.destination.forEach((item, index) => {
    if (!("auth" in item) || item.auth === undefined) return;
    const fields = item.auth as Readonly<Record<string, unknown>>;
    for (const name of authSecrets[item.auth.type]) {
      const source = fields[name] as SecretSource | undefined;
      if (source !== undefined) secrets.push([`destination[${index}].auth.${name}`, source]);
    }
  });
  return secrets.flatMap(([path, source]) => {
    try {
      readSecret(source, around.environment, around.readFile);
      return [];
    } catch (error) {
      return [{ path, message: (error as Error).message }];
    }
  });
}

/** The files that destinations name for TLS. */
const clientTlsProblems = ({ destination }: Config): ConfigProblem[] =>
  destination.flatMap((item, index) => {
    const auth = "auth" in item ? item.auth : undefined;
    const sections = [
      ["tls", "tls" in item ? item.tls : undefined],
      ["auth.tls", auth !== undefined && "tls" in auth ? auth.tls : undefined],
    ] as const;
    return sections.flatMap(([name, tls]) =>
      Object.entries(typeof tls === "object" ? tls : {}).flatMap(([key, path]) =>
        typeof path !== "string" || isFile(path)
          ? []
          : [{ path: `destination[${index}].${name}.${key}`, message: `the file ${path} does not exist` }],
      ),
    );
  });

/** What keeps a destination from being sent to, though each of its keys is valid; files and variables can be gone at any time. */
export const unfitDestinations = (config: Config, around: Surroundings): ConfigProblem[] => [
  ...addressProblems(config),
  ...headerProblems(config),
  ...secretProblems(config, around).filter(({ path }) => path.startsWith("destination")),
  ...clientTlsProblems(config),
];

/** What no single key can tell: how the parts of a configuration with valid parts fit together. */
export const crossProblems = (config: Config, around: Surroundings): ConfigProblem[] => [
  ...listenProblems(config),
  ...tlsProblems(config),
  ...addressProblems(config),
  ...headerProblems(config),
  ...referenceProblems(config),
  ...secretProblems(config, around),
  ...clientTlsProblems(config),
];
