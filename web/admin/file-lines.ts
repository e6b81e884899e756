import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { AppElement } from "../elements/app-element.ts";
import { tell } from "./words.ts";
import "../elements/copy-button.ts";

/** Lines for the configuration file, to be copied. */
@customElement("file-lines")
export class FileLines extends AppElement {
  @property() lines = "";
  /** What they are, for who does not see them. */
  @property() label = "";

  protected override render(): TemplateResult {
    return html`<pre class="lines" tabindex="0" role="region" aria-label=${this.label} translate="no"><code>${this.lines}</code></pre>
      <div class="row"><copy-button .text=${this.lines} .label=${tell("copy")}></copy-button></div>`;
  }
}
