import type { AnyElysia } from "elysia";
import type { Config } from "../core/config-schema.ts";
import { parseListen } from "../core/listen.ts";
import { errorFields, type Log } from "../core/log.ts";
import type { Serving } from "../tls/serving.ts";
import { plainAnswer } from "./plain-listener.ts";
import { type Ports, trustView } from "./trust/view.ts";
import { loadWebFiles } from "./web-app.ts";

export interface Listeners {
  /** Where it listens, with the real port. */
  readonly url: string;
  /** Looks at the certificate again, and serves another one from the next connection on. */
  refresh(): Promise<void>;
  /** Takes no more connections; resolves when what was under way is done. */
  drain(): Promise<void>;
  /** Cuts what is left. */
  end(): Promise<void>;
}

interface ListenerDeps {
  readonly config: () => Config;
  readonly serving: Serving;
  readonly log: Log;
  readonly bound: (ports: Ports) => void;
}

/** Forward secrecy and authenticated encryption alone; TLS 1.3 has nothing else (RFC 9325 4.2). */
const ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
/** How often age and addresses are looked at. */
const lookMs = 60_000;

/** Listeners that share a port would share it with another box, too, and nobody would be told. @throws Error where it is taken */
function requireFree(hostname: string, port: number): void {
  Bun.listen({ hostname, port, socket: { data: () => undefined } }).stop(true);
}

/** Binds `listen`, and `tls.http_listen` where it is set. @throws Error where an address cannot be bound */
export function openListeners(app: AnyElysia, { config, serving, log, bound: tell }: ListenerDeps): Listeners {
  const at = (listen: string) => parseListen(listen) ?? { host: "127.0.0.1", port: 0 };
  const { host, port } = at(config().listen);
  const bind = (onPort: number) => {
    app.listen({
      hostname: host,
      port: onPort,
      idleTimeout: 120,
      reusePort: true, // its successor listens before it stops
      development: false, // no stack ever leaves the box
      maxRequestBodySize: Number.MAX_SAFE_INTEGER, // http/ bounds every body itself, and says so as a problem document
      ...(serving.pair === null ? {} : { tls: { ...serving.pair, ciphers } }),
    });
    if (!app.server) throw new Error("the server did not start");
    return app.server;
  };
  if (port !== 0) requireFree(host, port);
  let main = bind(port);
  const secure = serving.pair !== null;
  const plain = config().tls.http_listen === "" || !secure ? null : openPlain();
  const ports: Ports = { secure: secure ? (main.port ?? port) : null, plain: plain?.port ?? null };
  tell(ports);

  function openPlain() {
    const files = loadWebFiles();
    const view = (request: Request) => trustView(request, { config: config(), serving, ports, files });
    const where = at(config().tls.http_listen);
    return Bun.serve({
      hostname: where.host,
      port: where.port,
      idleTimeout: 10,
      development: false,
      maxRequestBodySize: 64 * 1024,
      fetch: (request) => plainAnswer(request, { view, files }),
    });
  }

  const refresh = async () => {
    if (!(await serving.refresh())) return;
    // A bound listener keeps its certificate (measured): a new one shares the port, then the old one ends its requests.
    const before = main;
    main = bind(before.port ?? port);
    void before.stop(false);
    log.event("tls.certificate_changed");
  };
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => log.event("tls.refresh_failed", errorFields(error)));
  }, lookMs);
  timer.unref();

  const shown = host.includes(":") ? `[${host}]` : host;
  return {
    url: `${secure ? "https" : "http"}://${shown}:${main.port}`,
    refresh,
    drain: async () => {
      clearInterval(timer);
      await Promise.all([main.stop(false), plain?.stop(false)]);
    },
    end: async () => {
      await Promise.all([main.stop(true), plain?.stop(true)]);
    },
  };
}
