import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../core/app.ts";
import { say } from "../core/text.ts";
import { AppElement } from "./app-element.ts";

/** What IT needs for a ticket, folded away: code, request, upload. Nothing of a patient. */
@customElement("it-details")
export class ItDetails extends AppElement {
  /** Label and value, in order. */
  @property({ attribute: false }) rows: readonly (readonly [string, string])[] = [];
  @state() private copied = false;

  private async copy(): Promise<void> {
    const text = this.rows.map(([label, value]) => `${label}: ${value}`).join("\n");
    await navigator.clipboard?.writeText(text).then(
      () => {
        this.copied = true;
        announce(say("copied"));
      },
      () => undefined,
    ); // without a secure context there is no clipboard; the text stays selectable
  }

  protected override render(): TemplateResult {
    return html`<details class="it">
      <summary>${say("details_it")}</summary>
      <dl class="facts">
        ${this.rows.map(([label, value]) => html`<div><dt>${label}</dt><dd><code>${value}</code></dd></div>`)}
      </dl>
      <button class="button small" @click=${this.copy}>${this.copied ? say("copied") : say("it_copy")}</button>
    </details>`;
  }
}
