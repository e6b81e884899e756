import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { type Section, sections } from "../admin/admin-nav.ts";
import type { App } from "../core/app.ts";
import { AppElement } from "../elements/app-element.ts";
import "../admin/admin-destinations.ts";
import "../admin/admin-nav.ts";
import "../admin/admin-overview.ts";
import "../admin/admin-parked.ts";
import "../admin/admin-routing.ts";
import "../admin/admin-sessions.ts";
import "../admin/admin-setup.ts";
import "../admin/admin-storage.ts";
import "../admin/admin-users.ts";
import "../admin/user-card.ts";

/** The administration: one part at a time. It comes as one chunk, for administrators alone. */
@customElement("page-admin")
export class PageAdmin extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  /** The part's name, out of the route. */
  @property() target = "";

  /** Another part is another page to whoever does not see it. */
  protected override updated(changed: PropertyValues<this>): void {
    if (changed.get("target") === undefined) return;
    void Promise.resolve().then(() => {
      const heading = this.querySelector<HTMLElement>("h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus();
    });
  }

  protected override render(): TemplateResult {
    const { app } = this;
    if (this.target === "setup") return html`<admin-setup .app=${app}></admin-setup>`;
    const at: Section = sections.find((name) => name === this.target) ?? "overview";
    const views: Record<Section, () => TemplateResult> = {
      overview: () => html`<admin-overview .app=${app}></admin-overview>`,
      parked: () => html`<admin-parked .app=${app}></admin-parked>`,
      destinations: () => html`<admin-destinations .app=${app}></admin-destinations>`,
      routing: () => html`<admin-routing .app=${app}></admin-routing>`,
      users: () => html`<admin-users .app=${app}></admin-users>`,
      storage: () => html`<admin-storage .app=${app}></admin-storage>`,
      sessions: () => html`<admin-sessions .app=${app}></admin-sessions>`,
    };
    return html`<div class="page admin"><admin-nav .at=${at}></admin-nav>${views[at]()}</div>`;
  }
}
