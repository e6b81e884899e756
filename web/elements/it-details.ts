import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { say } from "../core/text.ts";
import { AppElement } from "./app-element.ts";
import "./copy-button.ts";

/** What IT needs for a ticket, folded away: code, request, upload. Nothing of a patient. */
@customElement("it-details")
export class ItDetails extends AppElement {
  /** Label and value, in order. */
  @property({ attribute: false }) rows: readonly (readonly [string, string])[] = [];

  protected override render(): TemplateResult {
    return html`<details class="it">
      <summary>${say("details_it")}</summary>
      <dl class="facts">
        ${this.rows.map(([label, value]) => html`<div><dt>${label}</dt><dd><code>${value}</code></dd></div>`)}
      </dl>
      <copy-button .text=${this.rows.map(([label, value]) => `${label}: ${value}`).join("\n")} .label=${say("it_copy")}></copy-button>
    </details>`;
  }
}
