import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { AdminDestination } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { ApiError } from "../api/problem.ts";
import { say } from "../core/text.ts";
import type { AskDialog } from "../elements/ask-dialog.ts";
import { AdminSection } from "./admin-section.ts";
import type { DestinationCard } from "./destination-card.ts";
import { and } from "./rule-words.ts";
import { tell } from "./words.ts";
import "../elements/ask-dialog.ts";
import "./add-destination.ts";
import "./destination-card.ts";

/** Where studies go, how each place does, and how one is added, changed and removed. */
@customElement("admin-destinations")
export class AdminDestinations extends AdminSection {
  protected override readonly topics = ["destinations", "deliveries"] as const;
  /** Part of another page, which has its own heading. */
  @property({ type: Boolean }) within = false;
  @state() private destinations: readonly AdminDestination[] | null = null;
  @state() private failures: ReadonlyMap<string, number> | null = null;
  @state() private removing = "";
  @state() private adding = 0;
  @query("ask-dialog") private dialog!: AskDialog;

  protected override async read(admin: Administration): Promise<void> {
    this.destinations = await admin.destinations();
    // of a week: one look each visit is enough
    if (this.failures === null) this.failures = await admin.failures().catch(() => null);
  }

  private turn(destination: string, on: boolean): void {
    const words = tell(on ? "dest_paused_now" : "dest_resumed_now", { destination });
    void this.doing((admin) => admin.pause(destination, on), words);
  }
  private askRemove(destination: string): void {
    this.removing = destination;
    void this.dialog.open();
  }
  private removeNow(destination: string): void {
    const remove = async (admin: Administration) => {
      await admin.removeDestination(destination).catch((error: unknown) => {
        const by = error instanceof ApiError ? error.document.used_by : undefined;
        if (!Array.isArray(by)) throw error;
        throw new ApiError("", tell("dest_used", { destination, by: and(by.map(String)) }), 409);
      });
    };
    void this.doing(remove, tell("dest_removed", { destination }));
  }
  /** It is there: shown, and tried at once. */
  private async saved(destination: string, how: "dest_added" | "dest_changed"): Promise<void> {
    this.say(tell(how, { destination }));
    if (how === "dest_added") this.adding += 1;
    await this.look();
    await this.updateComplete;
    const cards = [...this.querySelectorAll<DestinationCard>("destination-card")];
    await cards.find((card) => card.destination?.destination_id === destination)?.test();
  }

  protected override render(): TemplateResult {
    const { destinations, removing } = this;
    const none = destinations?.length === 0;
    const ids = destinations?.map(({ destination_id }) => destination_id) ?? [];
    const saved = (how: "dest_added" | "dest_changed") => (event: CustomEvent<string>) =>
      void this.saved(event.detail, how);
    return html`${this.within ? nothing : html`<h1>${tell("destinations")}</h1><p class="lead">${tell("dest_lead")}</p>`}
      ${this.notices()}
      ${none ? html`<notice-box tone="warn" .text=${tell("dest_none")}></notice-box>` : nothing}
      <div class="cards">${repeat(
        destinations ?? [],
        ({ destination_id }) => destination_id,
        (
          it,
        ) => html`<destination-card .app=${this.app} .destination=${it} .failed=${this.failures?.get(it.destination_id) ?? null}
          .others=${ids.filter((id) => id !== it.destination_id)} @saved=${saved("dest_changed")} @remove=${() => this.askRemove(it.destination_id)}
          @turn=${(event: CustomEvent<boolean>) => this.turn(it.destination_id, event.detail)}></destination-card>`,
      )}</div>
      ${
        destinations === null
          ? nothing
          : repeat(
              [this.adding],
              (n) => n,
              () => html`<details class="card" ?open=${none}><summary>${tell("dest_add")}</summary>
            <add-destination .app=${this.app} .others=${ids} @saved=${saved("dest_added")}></add-destination></details>`,
            )
      }
      <ask-dialog .heading=${tell("dest_remove_title", { destination: removing })} .text=${tell("dest_remove_text")} .yes=${tell("dest_remove")} .no=${say("cancel")}
        @yes=${() => this.removeNow(removing)}></ask-dialog>`;
  }
}
