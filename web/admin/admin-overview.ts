import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { AdminSystem } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { moment, size } from "../core/format.ts";
import { go, hrefOf } from "../core/router.ts";
import type { Tone } from "../core/study-state.ts";
import { icon } from "../elements/icons.ts";
import { toneIcon } from "../elements/notice-box.ts";
import type { Section } from "./admin-nav.ts";
import { AdminSection } from "./admin-section.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";

interface Tile {
  readonly word: AdminWord;
  readonly value: string;
  readonly hint: string;
  readonly tone: Tone;
  readonly leads: Section | "";
}
const dayMs = 86_400_000;
/** The own certificate is renewed by itself a month before; one of files is not. */
const soonDays = 21;

const certificate = ({ tls }: AdminSystem, now: number): Tile => {
  const tile = { word: "tile_certificate", leads: "" } as const;
  if (tls.valid_until === null) {
    const hint = tell(tls.behind_proxy ? "tile_certificate_proxy" : "tile_certificate_plain");
    return { ...tile, value: tell("tile_certificate_off"), hint, tone: "quiet" };
  }
  const end = Date.parse(tls.valid_until);
  const days = Math.max(0, Math.floor((end - now) / dayMs));
  return {
    ...tile,
    value: tell("tile_certificate_days", { n: days }),
    hint: tell("tile_certificate_until", { day: new Date(end).toLocaleDateString(document.documentElement.lang) }),
    tone: days === 0 ? "bad" : days < soonDays ? "warn" : "good",
  };
};

/** What an administrator looks at first, worst in colour. */
export function tilesOf(system: AdminSystem, now: number): readonly Tile[] {
  const { deliveries, uploads, disk, destinations } = system;
  const since = deliveries.oldest_waiting_at;
  const low = disk.free_bytes < disk.kept_bytes;
  const { total, down } = destinations;
  return [
    {
      word: "tile_parked",
      value: String(deliveries.parked),
      hint: tell(deliveries.parked === 0 ? "tile_parked_none" : "tile_parked_some"),
      tone: deliveries.parked === 0 ? "good" : "bad",
      leads: "parked",
    },
    {
      word: "tile_waiting",
      value: String(deliveries.waiting),
      hint:
        since === null ? tell("tile_nothing_waits") : tell("tile_waiting_since", { time: moment(Date.parse(since)) }),
      tone: deliveries.waiting === 0 ? "good" : "busy",
      leads: "destinations",
    },
    {
      word: "tile_destinations",
      value: tell("tile_destinations_of", { up: total - down, total }),
      hint:
        total === 0
          ? tell("tile_destinations_none")
          : down === 0
            ? tell("tile_destinations_ok")
            : tell("tile_destinations_down", { n: down }),
      tone: total === 0 || down > 0 ? "bad" : "good",
      leads: "destinations",
    },
    {
      word: "tile_disk",
      value: size(disk.free_bytes),
      hint: tell(low ? "tile_disk_low" : "tile_disk_ok", { kept: size(disk.kept_bytes) }),
      tone: low ? "bad" : disk.free_bytes < 3 * disk.kept_bytes ? "warn" : "good",
      leads: "",
    },
    {
      word: "tile_confirm",
      value: String(uploads.needs_confirmation),
      hint: tell("tile_confirm_hint", { receiving: uploads.receiving, processing: uploads.processing }),
      tone: uploads.needs_confirmation === 0 ? "good" : "warn",
      leads: "",
    },
    certificate(system, now),
  ];
}

/** How the box does, at a glance; the main button is the worst of it. */
@customElement("admin-overview")
export class AdminOverview extends AdminSection {
  @state() private system: AdminSystem | null = null;

  protected override async read(admin: Administration): Promise<void> {
    this.system = await admin.system();
  }

  private tile({ word, value, hint, tone, leads }: Tile): TemplateResult {
    const inside = html`<span class="hint">${tell(word)}</span><strong class="value">${value}</strong>
      <span class="hint under ${tone}">${icon(toneIcon(tone))}${hint}</span>`;
    return html`<li>${
      leads === ""
        ? html`<div class="card tile ${tone}">${inside}</div>`
        : html`<a class="card tile ${tone}" href=${hrefOf("admin", leads)}>${inside}</a>`
    }</li>`;
  }
  private worst({ deliveries, destinations }: AdminSystem): TemplateResult | typeof nothing {
    const [words, leads]: [string, Section | ""] =
      deliveries.parked > 0
        ? [tell("fix_parked", { n: deliveries.parked }), "parked"]
        : destinations.total === 0
          ? [tell("fix_destination"), "destinations"]
          : destinations.down > 0
            ? [tell("fix_down"), "destinations"]
            : ["", ""];
    if (leads === "") return nothing;
    return html`<div class="bar"><button class="button primary" data-primary @click=${() => go("admin", leads)}>${words}</button></div>`;
  }

  protected override render(): TemplateResult {
    const { system } = this;
    return html`<h1>${tell("overview")}</h1>
      ${this.notices()}
      ${
        system === null
          ? nothing
          : html`<ul class="tiles">${tilesOf(system, Date.now()).map((tile) => this.tile(tile))}</ul>
            <p class="hint">${tell("version", { version: system.version, site: system.site_name })}</p>
            ${this.worst(system)}`
      }`;
  }
}
