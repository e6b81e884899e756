import { X509Certificate } from "node:crypto";
import { Elysia } from "elysia";
import { AdminSystem } from "../../contract/admin.ts";
import { version } from "../../core/version.ts";
import { parkedByCause } from "../../db/deliveries.ts";
import { bytesSince, failedSince, spoolFigures, waitingDeliveries } from "../../db/figures.ts";
import { firstUploadAt } from "../../db/statistics.ts";
import { uploadsByState } from "../../db/uploads.ts";
import type { HttpContext } from "../context.ts";
import { fingerprint } from "../trust/page.ts";
import { backupState } from "./admin-backup.ts";

const unfinished = ["receiving", "processing", "needs_confirmation"] as const;
const dayMs = 86_400_000;
/** What comes in a day is told by so many. */
const lookBackDays = 7;

/** How the box stands: certificate, disk, what waits, what is stuck. */
export function adminSystemRoutes(context: HttpContext) {
  const { config, db, serving, statistics } = context;

  const tls = () => {
    const { mode, behind_proxy } = config().tls;
    const leaf = serving.pair === null ? null : new X509Certificate(serving.pair.cert);
    return {
      mode,
      behind_proxy,
      // of the own authority, for that is what devices are told to trust; else of the certificate itself
      fingerprint: serving.own === null ? (leaf?.fingerprint256 ?? null) : fingerprint(serving.own.authority.sha256),
      valid_until: leaf === null ? null : new Date(leaf.validTo).toISOString(),
    };
  };

  /** How long there is room, should as much come each day as lately and nothing leave any more. */
  const storage = () => {
    const now = Date.now();
    const { bytes, uploads, oldestAt } = spoolFigures(db.orm);
    const usedDays = (now - (firstUploadAt(db.orm) ?? now)) / dayMs;
    const days = Math.min(Math.max(usedDays, 1), lookBackDays);
    const perDay = Math.round(bytesSince(db.orm, now - days * dayMs) / days);
    const room = Math.max(0, context.freeBytes() - config().limits.min_free_disk_bytes);
    return {
      spool_bytes: bytes,
      uploads,
      oldest_at: oldestAt === null ? null : new Date(oldestAt).toISOString(),
      bytes_per_day: perDay,
      days_left: perDay === 0 ? null : Number((room / perDay).toPrecision(3)),
    };
  };
  /** What has arrived, by far the most of all, is not read. */
  const deliveries = () => {
    const waiting = waitingDeliveries(db.orm);
    const oldest = waiting.flatMap((it) => it.oldest ?? []);
    return {
      waiting: waiting.reduce((sum, { count }) => sum + count, 0),
      parked: parkedByCause(db.orm).reduce((sum, { count }) => sum + count, 0),
      oldest_waiting_at: oldest.length === 0 ? null : new Date(Math.min(...oldest)).toISOString(),
    };
  };
  const lately = () => {
    const { successRate, median } = statistics.lately();
    return {
      failed_today: failedSince(db.orm, new Date().setHours(0, 0, 0, 0)),
      success_rate: successRate,
      median_seconds_to_archive: median,
    };
  };

  return new Elysia({ prefix: "/admin/system" }).get(
    "",
    () => {
      const { site_name, limits, destination, route } = config();
      const uploads = new Map(uploadsByState(db.orm, [...unfinished]).map(({ state, count }) => [state, count]));
      return {
        version,
        site_name,
        tls: tls(),
        disk: { free_bytes: context.freeBytes(), kept_bytes: limits.min_free_disk_bytes },
        uploads: {
          receiving: uploads.get("receiving") ?? 0,
          processing: uploads.get("processing") ?? 0,
          needs_confirmation: uploads.get("needs_confirmation") ?? 0,
        },
        deliveries: deliveries(),
        storage: storage(),
        backup: backupState(context),
        lately: lately(),
        clock: { now: new Date().toISOString(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
        destinations: {
          total: destination.length,
          down: destination.filter(({ id }) => context.outage(id) !== null).length,
        },
        routes: route.map(({ name, to }) => ({ name, to })),
      };
    },
    { response: { 200: AdminSystem }, detail: { summary: "How the box stands" } },
  );
}
