import type { AdminSystem } from "../../src/contract/admin.ts";
import { duration, moment, size } from "../core/format.ts";
import type { Tone } from "../core/study-state.ts";
import type { Section } from "./admin-nav.ts";
import { board, percent, targetSeconds } from "./board.ts";
import { tell } from "./words.ts";

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly hint: string;
  readonly tone: Tone;
  readonly leads: Section | "";
}
const dayMs = 86_400_000;
/** Room for fewer days is worth a look. */
const fewDays = 7;
/** From here on a forecast by the last seven days is a number without a meaning. */
export const manyDays = 365;
/** The own certificate is renewed by itself a month before; one of files is not. */
export const soonDays = 21;
const none = "–";

/** Whole days until the certificate in use ends; null: there is none. */
export const certificateDays = ({ tls }: AdminSystem, now: number): number | null =>
  tls.valid_until === null ? null : Math.max(0, Math.floor((Date.parse(tls.valid_until) - now) / dayMs));

/** A copy is overdue, or the newest try failed. */
export function backupTone({ backup }: AdminSystem, now: number): Tone {
  if (backup.running) return "busy";
  const age = backup.last_at === null ? Number.POSITIVE_INFINITY : now - Date.parse(backup.last_at);
  return backup.failed_at !== null || age > 2 * backup.every_hours * 3_600_000 ? "bad" : "good";
}
export function roomTone({ disk, storage }: AdminSystem): Tone {
  if (disk.free_bytes < disk.kept_bytes) return "bad";
  return storage.days_left !== null && storage.days_left < fewDays ? "warn" : "good";
}

type Making = (system: AdminSystem) => Tile;
const parked: Making = ({ deliveries: { parked: n } }) => ({
  name: tell("tile_parked"),
  value: String(n),
  hint: tell(n === 0 ? "tile_parked_none" : "tile_parked_some"),
  tone: n === 0 ? "good" : "bad",
  leads: "parked",
});
const waiting: Making = ({ deliveries: { waiting: n, oldest_waiting_at: since } }) => ({
  name: tell("tile_waiting"),
  value: String(n),
  hint: since === null ? tell("tile_nothing_waits") : tell("tile_waiting_since", { time: moment(Date.parse(since)) }),
  tone: n === 0 ? "good" : "busy",
  leads: "destinations",
});
const failed: Making = ({ lately: { failed_today: n } }) => ({
  name: board("tile_failed"),
  value: String(n),
  hint: board(n === 0 ? "tile_failed_none" : "tile_failed_some"),
  tone: n === 0 ? "good" : "warn",
  leads: "",
});
const success: Making = ({ lately: { success_rate: share } }) => ({
  name: board("tile_success"),
  value: share === null ? none : percent(share),
  hint: board(share === null ? "tile_success_none" : "tile_success_hint"),
  tone: share === null ? "quiet" : share < 0.95 ? "warn" : "good",
  leads: "",
});
const median: Making = ({ lately: { median_seconds_to_archive: seconds } }) => ({
  name: board("tile_median"),
  value: seconds === null ? none : duration(seconds),
  hint: seconds === null ? board("tile_median_none") : board("tile_median_hint", { target: duration(targetSeconds) }),
  tone: seconds === null ? "quiet" : seconds > targetSeconds ? "warn" : "good",
  leads: "",
});
const room: Making = (system) => {
  const { disk, storage } = system;
  const free = size(disk.free_bytes);
  const days = storage.days_left;
  const hint =
    disk.free_bytes < disk.kept_bytes
      ? tell("tile_disk_low", { kept: size(disk.kept_bytes) })
      : days === null
        ? board("tile_room_none", { free })
        : board("tile_room_hint", { free, daily: size(storage.bytes_per_day) });
  return {
    name: board("tile_room"),
    value:
      days === null
        ? none
        : days > manyDays
          ? board("tile_room_years")
          : board("tile_room_days", { n: Math.floor(days) }),
    hint,
    tone: roomTone(system),
    leads: "storage",
  };
};
const destinations: Making = ({ destinations: { total, down } }) => ({
  name: tell("tile_destinations"),
  value: tell("tile_destinations_of", { up: total - down, total }),
  hint:
    total === 0
      ? tell("tile_destinations_none")
      : down === 0
        ? tell("tile_destinations_ok")
        : tell("tile_destinations_down", { n: down }),
  tone: total === 0 || down > 0 ? "bad" : "good",
  leads: "destinations",
});
const confirming: Making = ({ uploads }) => ({
  name: tell("tile_confirm"),
  value: String(uploads.needs_confirmation),
  hint: tell("tile_confirm_hint", { receiving: uploads.receiving, processing: uploads.processing }),
  tone: uploads.needs_confirmation === 0 ? "good" : "warn",
  leads: "",
});

/** What an administrator looks at first, worst in colour. */
export const tilesOf = (system: AdminSystem): readonly Tile[] =>
  [parked, waiting, failed, success, median, room, destinations, confirming].map((made) => made(system));

/** What is most in need of somebody, and where it is mended; null: nothing is. */
export function worstOf(system: AdminSystem, now: number): { readonly words: string; readonly leads: Section } | null {
  const { deliveries, destinations: places } = system;
  const days = certificateDays(system, now);
  if (roomTone(system) === "bad") return { words: board("fix_storage"), leads: "storage" };
  if (deliveries.parked > 0) return { words: tell("fix_parked", { n: deliveries.parked }), leads: "parked" };
  if (places.total === 0) return { words: tell("fix_destination"), leads: "destinations" };
  if (places.down > 0) return { words: tell("fix_down"), leads: "destinations" };
  if (days !== null && days < soonDays) return { words: board("fix_certificate"), leads: "storage" };
  if (backupTone(system, now) === "bad") return { words: board("fix_backup"), leads: "storage" };
  return null;
}
