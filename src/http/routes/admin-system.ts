import { X509Certificate } from "node:crypto";
import { Elysia } from "elysia";
import { AdminSystem } from "../../contract/admin.ts";
import { version } from "../../core/version.ts";
import { destinationTallies } from "../../db/overview.ts";
import { uploadsByState } from "../../db/uploads.ts";
import type { HttpContext } from "../context.ts";
import { fingerprint } from "../trust/page.ts";

/** How the box stands: certificate, disk, what waits, what is stuck. */
export function adminSystemRoutes(context: HttpContext) {
  const { config, db, serving } = context;

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

  return new Elysia({ prefix: "/admin/system" }).get(
    "",
    () => {
      const { site_name, limits, destination, route } = config();
      const uploads = new Map(uploadsByState(db.orm).map(({ state, count }) => [state, count]));
      const { waiting, parked, oldestWaitingAt } = destinationTallies(db.orm);
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
        deliveries: {
          waiting,
          parked,
          oldest_waiting_at: oldestWaitingAt === null ? null : new Date(oldestWaitingAt).toISOString(),
        },
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
