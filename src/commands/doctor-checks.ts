import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statfsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../core/config-schema.ts";
import type { CheckStep } from "../destinations/destination.ts";
import { routeFaults } from "../forward/route-faults.ts";
import { readChain } from "../tls/file-check.ts";
import { authorityFile } from "../tls/paths.ts";
import { openServing, servingFaults } from "../tls/serving.ts";

const passed = (name: string, detail: string): CheckStep => ({ name, ok: true, detail });
const failed = (name: string, detail: string, fix: string): CheckStep => ({ name, ok: false, detail, fix });
const reason = (error: unknown) => (error as { code?: string }).code ?? (error as Error).name;
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

/** The folder itself, or the nearest one above it that exists: where it will be made. */
export function nearestFolder(path: string): string {
  const at = resolve(path);
  return statSync(at, { throwIfNoEntry: false }) !== undefined || at === dirname(at) ? at : nearestFolder(dirname(at));
}

export function dataFolder({ data_dir }: Config): CheckStep {
  const name = "data folder";
  const fix = `Give this user the right to write to ${data_dir}, or set data_dir to another folder.`;
  const folder = nearestFolder(data_dir);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    // The rights alone do not tell of a disk that is mounted read-only or full.
    rmdirSync(mkdtempSync(join(folder, ".relaypacs-doctor-")));
  } catch (error) {
    return failed(name, `${folder} cannot be written (${reason(error)})`, fix);
  }
  return passed(name, folder === resolve(data_dir) ? `${data_dir} is writable` : `${data_dir} can be made`);
}

export function freeDisk({ data_dir, limits }: Config): CheckStep {
  const { bavail, bsize } = statfsSync(nearestFolder(data_dir));
  const free = bavail * bsize;
  const detail = `${gigabytes(free)} free, at least ${gigabytes(limits.min_free_disk_bytes)} is kept`;
  if (free > limits.min_free_disk_bytes) return passed("free disk", detail);
  return failed("free disk", detail, "Free some space, or lower limits.min_free_disk_bytes.");
}

/** A clock behind the last write or before this version's time breaks tokens, certificates and receipts. */
export function clock({ data_dir }: Config, now = Date.now()): CheckStep {
  const written = statSync(join(data_dir, "relaypacs.db"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const earliest = Math.max(Date.UTC(2026, 0, 1), written - 60_000);
  const time = new Date(now).toISOString();
  if (now >= earliest) return passed("clock", time);
  return failed(
    "clock",
    `${time} is in the past`,
    "Set the clock, best by turning on time synchronisation (timedatectl set-ntp true).",
  );
}

/** The certificate as it would be served; nothing is made here. */
export async function certificate(config: Config): Promise<CheckStep> {
  const name = "certificate";
  const { tls, data_dir } = config;
  if (tls.mode === "off") return passed(name, tls.behind_proxy ? "left to the proxy" : "none needed on loopback");
  if (tls.mode === "auto" && !existsSync(authorityFile(data_dir))) return passed(name, "is made at the first start");
  try {
    const serving = await openServing({ config: () => config });
    const [fault] = await servingFaults(serving, config);
    if (fault !== undefined) return failed(name, fault.words, fault.fix);
    const [leaf] = readChain(serving.pair?.cert ?? "");
    return passed(name, `valid until ${leaf?.validTo}`);
  } catch (error) {
    const mend =
      tls.mode === "auto"
        ? `Put keys/ below ${data_dir} back from a backup.`
        : "Put a valid certificate and its key at tls.cert and tls.key (PEM).";
    return failed(name, `cannot be read (${reason(error)})`, mend);
  }
}

/** Rules that never decide anything; none are configured: nothing is said. */
export function rules(config: Config): CheckStep[] {
  const faults = routeFaults(config);
  if (faults.length > 0)
    return faults.map(({ rule, message }) =>
      failed(
        `rule ${rule}`,
        message,
        `Change or remove the rule "${rule}" ([[route]], or on the screens); relaypacs route try FILE shows what it does.`,
      ),
    );
  return config.route.length === 0 ? [] : [passed("rules", `${config.route.length}, each can match`)];
}
