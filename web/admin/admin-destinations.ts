import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { AdminDestination } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { AdminSection } from "./admin-section.ts";
import { tell } from "./words.ts";
import "./add-destination.ts";
import "./destination-card.ts";

/** Where studies go, how each place does, and how another one is added. */
@customElement("admin-destinations")
export class AdminDestinations extends AdminSection {
  @state() private destinations: readonly AdminDestination[] | null = null;

  protected override async read(admin: Administration): Promise<void> {
    this.destinations = await admin.destinations();
  }

  private turn(destination: string, on: boolean): void {
    const words = tell(on ? "dest_paused_now" : "dest_resumed_now", { destination });
    this.doing((admin) => admin.pause(destination, on), words);
  }

  protected override render(): TemplateResult {
    const { destinations } = this;
    const none = destinations?.length === 0;
    return html`<h1>${tell("destinations")}</h1>
      <p class="lead">${tell("dest_lead")}</p>
      ${this.notices()}
      ${none ? html`<notice-box tone="warn" .text=${tell("dest_none")}></notice-box>` : nothing}
      <div class="cards">${repeat(
        destinations ?? [],
        ({ destination_id }) => destination_id,
        (it) => html`<destination-card .app=${this.app} .destination=${it} pausable
          @turn=${(event: CustomEvent<boolean>) => this.turn(it.destination_id, event.detail)}></destination-card>`,
      )}</div>
      ${
        destinations === null
          ? nothing
          : html`<details class="card" ?open=${none}><summary>${tell("dest_add")}</summary><add-destination></add-destination></details>`
      }`;
  }
}
