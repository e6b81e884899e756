import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { AdminSystem } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { duration, moment, size } from "../core/format.ts";
import type { Tone } from "../core/study-state.ts";
import { icon } from "../elements/icons.ts";
import { toneIcon } from "../elements/notice-box.ts";
import { AdminSection } from "./admin-section.ts";
import { board } from "./board.ts";
import type { BoardWord } from "./board-words-en.ts";
import { backupTone, certificateDays, manyDays, roomTone, soonDays } from "./tiles.ts";
import { tell } from "./words.ts";

/** A clock that differs by more spoils times in receipts and, where it goes on, sign-ins. */
const clockSeconds = 30;
type Fact = readonly [name: string, value: string];
interface Card {
  readonly id: string;
  readonly title: BoardWord;
  readonly tone: Tone;
  readonly state: string;
  readonly facts: readonly Fact[];
  readonly more?: TemplateResult;
}

/** What lies on the box, how long there is room, and whether the box itself is well. */
@customElement("admin-storage")
export class AdminStorage extends AdminSection {
  protected override readonly topics = ["uploads", "deliveries", "box"] as const;
  @state() private system: AdminSystem | null = null;
  /** The box's clock less this device's when it answered, milliseconds; half of what the answer took is its doubt. */
  private drift = 0;

  protected override async read(admin: Administration): Promise<void> {
    const asked = Date.now();
    this.system = await admin.system();
    this.drift = Date.parse(this.system.clock.now) - (asked + Date.now()) / 2;
  }

  private room(system: AdminSystem): Card {
    const { disk, storage } = system;
    const days = storage.days_left;
    const daily = size(storage.bytes_per_day);
    const full = disk.free_bytes < disk.kept_bytes;
    const words = () => {
      if (full) return board("room_full", { kept: size(disk.kept_bytes) });
      if (days === null) return board("room_unknown");
      if (days > manyDays) return board("room_years");
      return days < 1 ? board("room_less") : board("room_days", { n: Math.floor(days) });
    };
    const room = Math.max(0, disk.free_bytes - disk.kept_bytes);
    const used = storage.spool_bytes / Math.max(1, storage.spool_bytes + room);
    return {
      id: "room",
      title: "room",
      tone: days === null && !full ? "quiet" : roomTone(system),
      state: words(),
      facts: [
        [board("spool"), board("spool_of", { size: size(storage.spool_bytes), n: storage.uploads })],
        [
          board("oldest"),
          storage.oldest_at === null
            ? board("oldest_none")
            : board("oldest_since", { time: moment(Date.parse(storage.oldest_at)) }),
        ],
        [board("free"), size(disk.free_bytes)],
        [board("kept"), size(disk.kept_bytes)],
      ],
      more: html`<progress max="1" .value=${used} aria-label=${board("spool_bar")}></progress>
        ${days === null ? nothing : html`<p class="hint">${board("room_how", { daily })}</p>`}`,
    };
  }
  private copies(system: AdminSystem): Card {
    const { last_at, failed_at, running, every_hours: n } = system.backup;
    const tone = backupTone(system, Date.now());
    const words = () => {
      if (running) return board("copy_running");
      if (failed_at !== null) return board("copy_failed", { time: moment(Date.parse(failed_at)) });
      if (last_at === null) return board("copy_none");
      const at = Date.parse(last_at);
      const since = board("copy_age", { age: duration((Date.now() - at) / 1000), time: moment(at) });
      return tone === "bad" ? `${since}. ${board("copy_old", { n })}` : since;
    };
    return {
      id: "copies",
      title: "copies",
      tone,
      state: words(),
      facts: [],
      more: html`<p class="hint">${board("copy_how", { n })}</p>
        <div class="row"><button class="button" ?disabled=${this.busy || running}
          @click=${() => this.doing((admin) => admin.backUp(), board("copy_asked"))}>${board("copy_now")}</button></div>`,
    };
  }
  private clock({ clock }: AdminSystem): Card {
    const off = Math.abs(this.drift) / 1000;
    const right = off < clockSeconds;
    return {
      id: "clock",
      title: "clock",
      tone: right ? "good" : "warn",
      state: right ? board("clock_right") : board("clock_off", { difference: duration(off) }),
      facts: [
        [board("clock_box"), moment(Date.parse(clock.now))],
        [board("clock_zone"), clock.zone],
      ],
    };
  }
  private certificate(system: AdminSystem): Card {
    const { tls } = system;
    const days = certificateDays(system, Date.now());
    const card = { id: "certificate", title: "certificate" } as const;
    if (days === null) {
      const words = tell(tls.behind_proxy ? "tile_certificate_proxy" : "tile_certificate_plain");
      return { ...card, tone: "quiet", state: `${tell("tile_certificate_off")}: ${words}`, facts: [] };
    }
    const until = new Date(tls.valid_until ?? 0).toLocaleDateString(document.documentElement.lang);
    return {
      ...card,
      tone: days === 0 ? "bad" : days < soonDays ? "warn" : "good",
      state: days === 0 ? board("certificate_over") : board("certificate_ends", { n: days }),
      facts: [],
      more: html`<p class="hint">${tell("tile_certificate_until", { day: until })}</p>
        <div class="row"><a class="button" href="/trust">${board("certificate_trust")}</a></div>`,
    };
  }
  private card({ id, title, tone, state: words, facts, more }: Card): TemplateResult {
    return html`<article class="card" aria-labelledby="h-${id}"><h2 id="h-${id}">${board(title)}</h2>
      <p class="state ${tone}">${icon(toneIcon(tone))}<span>${words}</span></p>
      ${
        facts.length === 0
          ? nothing
          : html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
      }
      ${more ?? nothing}</article>`;
  }

  protected override render(): TemplateResult {
    const { system } = this;
    return html`<h1>${tell("storage")}</h1>
      <p class="lead">${board("storage_lead")}</p>
      ${this.notices()}
      ${
        system === null
          ? nothing
          : html`<div class="cards">${[this.room(system), this.copies(system), this.clock(system), this.certificate(system)].map((one) => this.card(one))}</div>
            <p class="hint">${tell("version", { version: system.version, site: system.site_name })}</p>`
      }`;
  }
}
