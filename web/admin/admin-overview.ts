import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { AdminSystem } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { go, hrefOf } from "../core/router.ts";
import { icon } from "../elements/icons.ts";
import { toneIcon } from "../elements/notice-box.ts";
import { AdminSection } from "./admin-section.ts";
import { type Tile, tilesOf, worstOf } from "./tiles.ts";
import { tell } from "./words.ts";
import "./box-history.ts";

/** How the box does, at a glance; the main button is the worst of it. */
@customElement("admin-overview")
export class AdminOverview extends AdminSection {
  protected override readonly topics = ["uploads", "deliveries", "destinations", "box"] as const;
  @state() private system: AdminSystem | null = null;

  protected override async read(admin: Administration): Promise<void> {
    this.system = await admin.system();
  }

  private tile({ name, value, hint, tone, leads }: Tile): TemplateResult {
    const inside = html`<span class="hint">${name}</span><strong class="value">${value}</strong>
      <span class="hint under ${tone}">${icon(toneIcon(tone))}${hint}</span>`;
    return html`<li>${
      leads === ""
        ? html`<div class="card tile ${tone}">${inside}</div>`
        : html`<a class="card tile ${tone}" href=${hrefOf("admin", leads)}>${inside}</a>`
    }</li>`;
  }
  private worst(system: AdminSystem): TemplateResult | typeof nothing {
    const worst = worstOf(system, Date.now());
    if (worst === null) return nothing;
    return html`<div class="bar"><button class="button primary" data-primary @click=${() => go("admin", worst.leads)}>${worst.words}</button></div>`;
  }

  protected override render(): TemplateResult {
    const { system } = this;
    return html`<h1>${tell("overview")}</h1>
      ${this.notices()}
      ${
        system === null
          ? nothing
          : html`<ul class="tiles">${tilesOf(system).map((tile) => this.tile(tile))}</ul>
            <box-history .app=${this.app}></box-history>
            <p class="hint">${tell("version", { version: system.version, site: system.site_name })}</p>
            ${this.worst(system)}`
      }`;
  }
}
