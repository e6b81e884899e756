import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../core/app.ts";
import { AppElement } from "../elements/app-element.ts";
import { tell } from "./words.ts";

/** Lines for the configuration file, to be copied. */
@customElement("file-lines")
export class FileLines extends AppElement {
  @property() lines = "";
  /** What they are, for who does not see them. */
  @property() label = "";
  @state() private copied = "";

  private async copy(): Promise<void> {
    const { lines } = this;
    await navigator.clipboard?.writeText(lines).then(
      () => {
        this.copied = lines;
        announce(tell("copied"));
      },
      () => undefined, // without a secure context there is no clipboard; the text stays selectable
    );
  }
  protected override render(): TemplateResult {
    return html`<pre class="lines" tabindex="0" role="region" aria-label=${this.label} translate="no"><code>${this.lines}</code></pre>
      <div class="row"><button type="button" class="button small" @click=${() => void this.copy()}>${tell(this.copied === this.lines ? "copied" : "copy")}</button></div>`;
  }
}
