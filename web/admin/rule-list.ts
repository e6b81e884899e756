import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { AdminDestination, AdminRoute, AdminRouteList } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { say } from "../core/text.ts";
import type { AskDialog } from "../elements/ask-dialog.ts";
import { AdminSection } from "./admin-section.ts";
import { and } from "./rule-words.ts";
import { tell } from "./words.ts";
import "../elements/ask-dialog.ts";
import "./rule-card.ts";
import "./rule-form.ts";

/** The rules in their order, and how one is added, changed, moved and removed. */
@customElement("rule-list")
export class RuleList extends AdminSection {
  protected override readonly topics = ["destinations"] as const;
  @state() private list: AdminRouteList | null = null;
  @state() private destinations: readonly AdminDestination[] = [];
  @state() private removing: AdminRoute | null = null;
  @state() private added = 0;
  @query("ask-dialog") private dialog!: AskDialog;

  protected override async read(admin: Administration): Promise<void> {
    [this.list, this.destinations] = await Promise.all([admin.routes(), admin.destinations()]);
  }

  private move(rule: AdminRoute, by: number): void {
    const ids = this.list?.routes.filter(({ provisioned }) => !provisioned).map(({ route_id }) => route_id) ?? [];
    const from = ids.indexOf(rule.route_id);
    ids.splice(from + by, 0, ...ids.splice(from, 1));
    void this.doing((admin) => admin.orderRoutes(ids), tell("rule_moved", { name: rule.name, n: rule.position + by }));
  }
  private askRemove(rule: AdminRoute): void {
    this.removing = rule;
    void this.dialog.open();
  }
  private removeRule(): void {
    const { removing } = this;
    if (removing === null) return;
    void this.doing((admin) => admin.removeRoute(removing.route_id), tell("rule_removed", { name: removing.name }));
  }
  private saved(how: "rule_added" | "rule_changed", name: string): void {
    this.say(tell(how, { name }));
    if (how === "rule_added") this.added += 1;
    void this.look();
  }
  private lead(): string {
    const usual = this.destinations.filter((it) => it.default);
    const takes = (usual.length > 0 ? usual : this.destinations.slice(0, 1)).map((it) => it.destination_id);
    if (takes.length === 0) return tell("rules_nowhere");
    return tell(this.list?.routes.length === 0 ? "rules_empty" : "rules_lead", { destination: and(takes) });
  }

  protected override render(): TemplateResult {
    const { list, removing } = this;
    if (list === null) return html`${this.notices()}`;
    const ids = this.destinations.map(({ destination_id }) => destination_id);
    const own = list.routes.filter(({ provisioned }) => !provisioned);
    return html`<p class="lead">${this.lead()}</p>
      ${this.notices()}
      ${ids.length === 0 ? html`<notice-box tone="warn" .text=${tell("dest_none")}></notice-box>` : nothing}
      <div class="cards rules">${repeat(
        list.routes,
        ({ route_id }) => route_id,
        (rule) => html`<rule-card .app=${this.app} .rule=${rule} .destinations=${ids} .busy=${this.busy}
          .faults=${list.faults.filter(({ position }) => position === rule.position)} .first=${rule === own[0]} .last=${rule === own.at(-1)}
          @move=${(event: CustomEvent<number>) => this.move(rule, event.detail)} @remove=${() => this.askRemove(rule)}
          @saved=${(event: CustomEvent<string>) => this.saved("rule_changed", event.detail)}></rule-card>`,
      )}</div>
      ${
        ids.length === 0
          ? nothing
          : repeat(
              [this.added],
              (n) => n,
              () => html`<details class="card"><summary>${tell("rule_add")}</summary>
              <rule-form .app=${this.app} .destinations=${ids} @saved=${(event: CustomEvent<string>) => this.saved("rule_added", event.detail)}></rule-form></details>`,
            )
      }
      <ask-dialog .heading=${tell("rule_remove_title", { name: removing?.name ?? "" })} .text=${tell("rule_remove_text")} .yes=${tell("rule_remove")} .no=${say("cancel")}
        @yes=${() => this.removeRule()}></ask-dialog>`;
  }
}
