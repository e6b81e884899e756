import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { record, theBox } from "./audit/record.ts";
import { createAttempts } from "./auth/attempts.ts";
import { createInvitations } from "./auth/invitations.ts";
import { loadKeys } from "./auth/keys.ts";
import { loadReceiptKey } from "./auth/receipt-key.ts";
import { createSessions } from "./auth/sessions.ts";
import { createSetupState, freshSetupCode } from "./auth/setup.ts";
import { createTokens } from "./auth/tokens.ts";
import { createTotp } from "./auth/totp.ts";
import { forgetInCopies, nightlyCopies, startNightlyCopies } from "./backup/nightly.ts";
import { startCleanup } from "./cleanup.ts";
import type { Config } from "./core/config-schema.ts";
import { keyedHash } from "./core/keyed-hash.ts";
import { createLive } from "./core/live.ts";
import { log as events } from "./core/log.ts";
import { createNewsroom, published } from "./core/news.ts";
import { version } from "./core/version.ts";
import { saveMoment } from "./db/clock.ts";
import { openDatabase } from "./db/database.ts";
import { parkedByCause } from "./db/deliveries.ts";
import { spoolFigures, waitingDeliveries } from "./db/figures.ts";
import { lockDataFolder } from "./db/lock.ts";
import { findUpload, uploadsByState } from "./db/uploads.ts";
import { type Forwarder, startForwarder } from "./forward/dispatcher.ts";
import { unknownDestinations } from "./forward/route.ts";
import { createGuard } from "./http/guard.ts";
import { openListeners } from "./http/listeners.ts";
import { createServer } from "./http/server.ts";
import type { Ports } from "./http/trust/view.ts";
import { createEarly } from "./intake/early.ts";
import { installSevenZip } from "./intake/seven-zip.ts";
import { startIntake } from "./intake/worker.ts";
import { counted, createMetrics } from "./metrics/metrics.ts";
import { keepSettings } from "./settings/keeper.ts";
import { createStatistics } from "./statistics/statistics.ts";
import { alreadyDelivered } from "./study/duplicates.ts";
import { askAgain } from "./study/still-there.ts";
import { endOf, openServing, servingFaults } from "./tls/serving.ts";
import { createChunkReceiver } from "./upload/chunk.ts";
import { reconcileSpool } from "./upload/reconcile.ts";
import { createSpool } from "./upload/spool.ts";

export interface App {
  /** Where it listens, with the real port. */
  readonly url: string;
  /** A fresh code for the first run; undefined where there is an administrator. */
  setupCode(): string | undefined;
  /** Whether database and spool do what they are for: a read and a write to stable storage. For a watchdog. */
  alive(): Promise<boolean>;
  /** Takes no new work, finishes or parks what is in flight. */
  stop(): Promise<void>;
  /** Takes a new configuration (destinations, routes, limits, retention) without a restart. */
  reload(config: Config): Promise<void>;
}

/** How long a stop waits for requests in flight before it cuts them. */
const drainMs = 3000;

/**
 * The composition root: config → database → workers → HTTP.
 * @param options.configFile where the configuration came from, for the copies of the box
 * @param options.warn tells people what they should mend though the box runs
 */
export async function startApp(
  initial: Config,
  { configFile, warn }: { readonly configFile: string | null; readonly warn: (sentence: string) => void },
): Promise<App> {
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
  const metrics = createMetrics({
    uploads: () => uploadsByState(db.orm),
    waiting: () => waitingDeliveries(db.orm),
    parked: () => parkedByCause(db.orm),
    spoolBytes: () => spoolFigures(db.orm).bytes,
    freeBytes: spool.freeBytes,
    destinations: () => config.destination.map(({ id }) => id),
    isDown: (id) => forwarder.outage(id) !== null,
    certificateEnds: () => (serving.pair === null ? undefined : endOf(serving.pair)),
    lastBackup: () => nightlyCopies(config.data_dir)[0]?.madeAt,
  });
  const newsroom = createNewsroom();
  const log = published(counted(events, metrics), newsroom);
  const live = createLive();
  const keys = await loadKeys(config.data_dir);
  const tokens = createTokens(keys);
  const serving = await openServing({ config: () => config });
  for (const { words } of await servingFaults(serving, config)) warn(`The certificate: ${words}.`);
  const settings = keepSettings({
    db,
    hashKey: keys.hashKey,
    file: config,
    warn,
    onChange: (next, destinationId) => {
      config = next;
      if (destinationId !== undefined) forwarder.renew(destinationId);
      wakeAll();
    },
  });
  config = settings.now().config;
  await installSevenZip(join(config.data_dir, "bin"));

  const deps = { db, spool, config: () => config, hashKey: keys.hashKey, live, log, now };
  await reconcileSpool(deps);
  const early = createEarly({ spool, config: () => config });
  const endUpload: Forwarder["end"] = (id, apply) => {
    early.take(id); // no intake will ask for it, and it names a patient
    return forwarder.end(id, apply);
  };
  const cleanup = startCleanup({
    ...deps,
    endUpload,
    forgetInCopies: (ids, all) => forgetInCopies(config.data_dir, ids, all, now().wall),
  });
  const onChange = (uploadId: string) => {
    live.changed(uploadId);
    // Not at every answer of an archive: a round of cleanup looks at all uploads.
    if (findUpload(db.orm, uploadId)?.endedAt !== null) cleanup.wake();
  };
  const forwarder = startForwarder({
    db,
    config: () => config,
    destinations: settings.destination,
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
    early,
    onAccepted: () => {
      forwarder.wake();
      cleanup.wake();
    },
  });

  const copies = startNightlyCopies({ db, config: () => config, configFile, log });
  const needsSetup = createSetupState(db);
  let ports: Ports = { secure: null, plain: null };
  const server = await createServer({
    serving,
    ports: () => ports,
    config: () => config,
    db,
    tokens,
    receiptSigner: await loadReceiptKey(config.data_dir),
    authSessions: createSessions({
      db,
      hashKey: keys.hashKey,
      now,
      onReuse: ({ id, userId }) => log.event("auth.session_reused", { session_id: id, user_id: userId }),
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
    newsroom,
    copies,
    log,
    metrics,
    statistics: createStatistics({ db: db.orm, site: () => config.site_name }),
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
      onWhole: early.whole,
    }),
    ready: () => readiness(config, db),
    wake: wakeAll,
    cancelUpload: intake.cancel,
    endUpload,
    settings,
    outage: forwarder.outage,
    freeBytes: spool.freeBytes,
    askAgain: (upload, signal) => askAgain({ ...deps, destinations: settings.destination }, upload, signal),
    now,
  });
  const listeners = openListeners(server, {
    config: () => config,
    serving,
    log,
    bound: (bound) => {
      ports = bound;
    },
  });
  tellAudit("app.started");

  return {
    url: listeners.url,
    // Asked anew: the command line may have made an administrator since the start.
    setupCode: () => freshSetupCode(db),
    alive: async () => readiness(config, db).ok && (await spool.takesWrites()),
    stop: async () => {
      const drained = listeners.drain();
      await Promise.all([intake.stop(), forwarder.stop(), cleanup.stop(), copies.stop()]);
      await Promise.race([drained, Bun.sleep(drainMs)]);
      await listeners.end();
      tellAudit("app.stopped");
      saveMoment(db.orm, now(), { always: true });
      db.close();
      lock.release();
    },
    reload: async (next) => {
      // What is bound at start stays: addresses, data folder, TLS mode.
      const tls = { ...next.tls, mode: config.tls.mode, http_listen: config.tls.http_listen };
      const merged = { ...next, listen: config.listen, data_dir: config.data_dir, tls };
      settings.reload(merged);
      tellAudit("app.reloaded");
      await listeners.refresh();
    },
  };
}

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
