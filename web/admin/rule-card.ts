import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { AdminRoute } from "../../src/contract/admin.ts";
import type { RouteFault } from "../../src/contract/routing.ts";
import type { App } from "../core/app.ts";
import { AppElement } from "../elements/app-element.ts";
import { icon } from "../elements/icons.ts";
import { faultWords, whenWords } from "./rule-words.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";
import "./rule-form.ts";

/** One rule in plain words. One that was added here is changed, moved and removed: tells `move` with -1 or 1, `remove`, `saved`. */
@customElement("rule-card")
export class RuleCard extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  @property({ attribute: false }) rule: AdminRoute | null = null;
  @property({ attribute: false }) faults: readonly RouteFault[] = [];
  @property({ attribute: false }) destinations: readonly string[] = [];
  @property({ type: Boolean }) first = false;
  @property({ type: Boolean }) last = false;
  @property({ type: Boolean }) busy = false;
  @state() private changing = false;

  private button(word: AdminWord, deed: () => void, look = "", off = false): TemplateResult {
    return html`<button class="button ${look}" aria-describedby=${`r-${this.rule?.route_id}`} aria-expanded=${look === "change" ? this.changing : nothing} ?disabled=${this.busy || off} @click=${deed}>${tell(word)}</button>`;
  }
  private toggle(): void {
    this.changing = !this.changing;
  }
  /** The form goes, and the button that opened it has the focus. */
  private shut(): void {
    this.changing = false;
    this.querySelector<HTMLElement>(".change")?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { rule } = this;
    if (rule === null) return nothing;
    const named = `r-${rule.route_id}`;
    return html`<article class="card rule" aria-labelledby=${named}>
      <header class="title"><h2 id=${named}><span class="count">${rule.position}.</span> ${rule.name}</h2>
        ${rule.provisioned ? html`<p class="hint beside provisioned">${icon("lock")}${tell("provisioned")}</p>` : nothing}</header>
      <p>${whenWords(rule.when)}</p>
      <p class="to"><span class="hint">${tell("rule_to")}</span>${rule.to.map((id) => html`<span class="tag">${id}</span>`)}</p>
      ${this.faults.map((fault) => html`<p class="state warn">${icon("warn")}<span>${faultWords(fault)}</span></p>`)}
      ${
        rule.provisioned
          ? nothing
          : html`<div class="row">
              ${this.button("rule_up", () => this.tell("move", -1), "", this.first)} ${this.button("rule_down", () => this.tell("move", 1), "", this.last)}
              ${this.button("rule_change", () => this.toggle(), "change")} ${this.button("rule_remove", () => this.tell("remove"), "danger")}</div>`
      }
      ${this.changing ? html`<rule-form .app=${this.app} .rule=${rule} .destinations=${this.destinations} @cancel=${this.shut} @saved=${this.shut}></rule-form>` : nothing}
    </article>`;
  }
}
