import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { App } from "../core/app.ts";
import { AppElement } from "../elements/app-element.ts";
import { type Template, templates } from "./destination-fields.ts";
import { tell } from "./words.ts";
import "./destination-form.ts";

/** A new destination: what kind of archive it is, then its form. Tells `saved` with its id. */
@customElement("add-destination")
export class AddDestination extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  /** The ids of those that are there. */
  @property({ attribute: false }) others: readonly string[] = [];
  @state() private template: Template | undefined = templates[0];

  protected override render(): TemplateResult {
    return html`<label class="field"><span>${tell("dest_template")}</span>
        <select @change=${(event: Event) => {
          const chosen = event.target instanceof HTMLSelectElement ? event.target.value : "";
          this.template = templates.find(({ kind }) => kind === chosen);
        }}>${templates.map(({ kind, word }) => html`<option value=${kind} ?selected=${kind === this.template?.kind}>${tell(word)}</option>`)}</select></label>
      <destination-form .app=${this.app} .template=${this.template ?? null} .others=${this.others}></destination-form>`;
  }
}
