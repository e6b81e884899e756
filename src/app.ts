import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { record, theBox } from "./audit/record.ts";
import { createAttempts } from "./auth/attempts.ts";
import { createInvitations } from "./auth/invitations.ts";
import { loadKeys } from "./auth/keys.ts";
import { createSessions } from "./auth/sessions.ts";
import { createSetupState, makeSetupCode } from "./auth/setup.ts";
import { createTokens } from "./auth/tokens.ts";
import { createTotp } from "./auth/totp.ts";
import { startCleanup } from "./cleanup.ts";
import type { Config } from "./core/config-schema.ts";
import { keyedHash } from "./core/keyed-hash.ts";
import { parseListen } from "./core/listen.ts";
import { createLive } from "./core/live.ts";
import { log } from "./core/log.ts";
import { readSecret } from "./core/secrets.ts";
import { version } from "./core/version.ts";
import { saveMoment } from "./db/clock.ts";
import { openDatabase } from "./db/database.ts";
import { lockDataFolder } from "./db/lock.ts";
import type { Destination } from "./destinations/destination.ts";
import { createDestination } from "./destinations/index.ts";
import { startForwarder } from "./forward/dispatcher.ts";
import { unknownDestinations } from "./forward/route.ts";
import { createGuard } from "./http/guard.ts";
import { createServer } from "./http/server.ts";
import { installSevenZip } from "./intake/seven-zip.ts";
import { startIntake } from "./intake/worker.ts";
import { alreadyDelivered } from "./study/duplicates.ts";
import { forgetMoved } from "./study/moved-destinations.ts";
import { askAgain } from "./study/still-there.ts";
import { createChunkReceiver } from "./upload/chunk.ts";
import { reconcileSpool } from "./upload/reconcile.ts";
import { createSpool } from "./upload/spool.ts";

export interface App {
  /** Where it listens, with the real port. */
  readonly url: string;
  /** A fresh code for the first run; undefined where there is an administrator. */
  setupCode(): string | undefined;
  /** Takes no new work, finishes or parks what is in flight. */
  stop(): Promise<void>;
  /** Takes a new configuration (destinations, routes, limits, retention) without a restart. */
  reload(config: Config): Promise<void>;
}

/** How long a stop waits for requests in flight before it cuts them. */
const drainMs = 3000;

/** The composition root: config → database → workers → HTTP. */
export async function startApp(initial: Config): Promise<App> {
  let config = initial;
  const lock = lockDataFolder(config.data_dir);
  const spool = createSpool(config.data_dir, () => config.limits.min_free_disk_bytes);
  const db = openDatabase(config.data_dir, { onFull: spool.releaseBallast });
  const { now } = db.clock;
  /** With a mark of the configuration in force: a setting that was changed shows. */
  const tellAudit = (event: "app.started" | "app.reloaded" | "app.stopped") =>
    db.transaction((tx) => {
      const config_mac = keyedHash(keys.hashKey, JSON.stringify(config));
      record(tx, { by: theBox, event, details: { version, config_mac } });
    });
  const live = createLive();
  const keys = await loadKeys(config.data_dir);
  const tokens = createTokens(keys);
  await installSevenZip(join(config.data_dir, "bin"));

  forgetMoved(db, config);
  const makeDestinations = (from: Config) =>
    new Map(from.destination.map((it) => [it.id, createDestination(it, { dataDir: from.data_dir, readSecret })]));
  let destinations: Map<string, Destination> = makeDestinations(config);

  const deps = { db, spool, config: () => config, hashKey: keys.hashKey, live, log, now };
  await reconcileSpool(deps);
  const cleanup = startCleanup({ ...deps, endUpload: (id, apply) => forwarder.end(id, apply) });
  const onChange = (uploadId: string) => {
    live.changed(uploadId);
    cleanup.wake();
  };
  const forwarder = startForwarder({
    db,
    config: () => config,
    destinations: (id) => destinations.get(id),
    spoolPath: spool.path,
    log,
    onChange,
  });
  const wakeAll = () => {
    intake.wake();
    forwarder.wake();
    cleanup.wake();
  };
  const intake = startIntake({
    ...deps,
    onAccepted: () => {
      forwarder.wake();
      cleanup.wake();
    },
  });

  const needsSetup = createSetupState(db);
  const server = await createServer({
    config: () => config,
    db,
    tokens,
    authSessions: createSessions({
      db,
      hashKey: keys.hashKey,
      now,
      onReuse: ({ id, userId }) => log.event("auth.session_reused", { session_id: id, user_id: userId }, "warning"),
    }),
    attempts: createAttempts({
      db,
      hashKey: keys.hashKey,
      perMinute: () => config.limits.login_attempts_per_minute,
      now: () => now().box,
    }),
    needsSetup,
    totp: createTotp({ db, hashKey: keys.hashKey, wall: () => now().wall }),
    invitations: createInvitations({
      db,
      tokens,
      hashKey: keys.hashKey,
      sessionHours: () => config.auth.session_hours,
      now,
    }),
    guard: createGuard({ db, tokens, config: () => config }),
    live,
    log,
    sessions: {
      db,
      spool,
      config: () => config,
      hashKey: keys.hashKey,
      unknownDestinations: (ids) => unknownDestinations(config, ids),
      alreadyDelivered: (upload) => alreadyDelivered(db.orm, { config, hashKey: keys.hashKey }, upload),
      now,
    },
    receiveChunk: createChunkReceiver({
      db,
      spool,
      idleSeconds: () => config.limits.request_idle_seconds,
      maxFileBytes: () => config.limits.max_file_bytes,
      now,
    }),
    ready: () => readiness(config, db),
    wake: wakeAll,
    cancelUpload: intake.cancel,
    endUpload: forwarder.end,
    askAgain: (upload, signal) => askAgain({ ...deps, destinations: (id) => destinations.get(id) }, upload, signal),
    now,
  });
  const { host, port } = parseListen(config.listen) ?? { host: "127.0.0.1", port: 0 };
  const bind = (onPort: number): Server => {
    server.listen({
      hostname: host,
      port: onPort,
      idleTimeout: 120,
      development: false, // no stack ever leaves the box
      maxRequestBodySize: Number.MAX_SAFE_INTEGER, // http/ bounds every body itself, and says so as a problem document
      ...(config.tls.mode === "files" ? { tls: certificate(config) } : {}),
    });
    if (!server.server) throw new Error("the server did not start");
    return server.server;
  };
  let bound = bind(port);
  tellAudit("app.started");
  const shown = host.includes(":") ? `[${host}]` : host;
  const url = `${config.tls.mode === "files" ? "https" : "http"}://${shown}:${bound.port}`;

  return {
    url,
    setupCode: () => (needsSetup() ? makeSetupCode(db) : undefined),
    stop: async () => {
      const drained = bound.stop(false);
      await Promise.all([intake.stop(), forwarder.stop(), cleanup.stop()]);
      await Promise.race([drained, Bun.sleep(drainMs)]);
      await bound.stop(true);
      tellAudit("app.stopped");
      saveMoment(db.orm, now(), { always: true });
      db.close();
      lock.release();
    },
    reload: async (next) => {
      // What is bound at start stays: address, data folder, TLS mode.
      const tls = { ...next.tls, mode: config.tls.mode };
      const merged = { ...next, listen: config.listen, data_dir: config.data_dir, tls };
      destinations = makeDestinations(merged); // first, because it can fail: then all stays as it was
      config = merged;
      forgetMoved(db, config);
      tellAudit("app.reloaded");
      if (config.tls.mode === "files") {
        // A bound listener keeps its certificate (measured): a new one takes the port over, the old one ends its requests.
        const { port: same = port } = bound;
        void bound.stop(false);
        bound = bind(same);
      }
      wakeAll();
    },
  };
}

type Server = NonNullable<Awaited<ReturnType<typeof createServer>>["server"]>;

const certificate = ({ tls }: Config) => ({ cert: readFileSync(tls.cert, "utf8"), key: readFileSync(tls.key, "utf8") });

/** Takes work: the database answers and the data folder can be written. */
function readiness(config: Config, db: ReturnType<typeof openDatabase>): { ok: boolean; problems: string[] } {
  const problems: string[] = [];
  try {
    db.sqlite.query("SELECT 1").get();
  } catch {
    problems.push("database");
  }
  try {
    accessSync(config.data_dir, constants.W_OK);
  } catch {
    problems.push("spool");
  }
  return { ok: problems.length === 0, problems };
}
