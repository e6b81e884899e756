import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../core/app.ts";
import { AppElement } from "../elements/app-element.ts";
import { tell } from "./words.ts";

/** Takes a text along. Without a secure context there is no clipboard; then nothing happens, and the text stays selectable. */
@customElement("copy-button")
export class CopyButton extends AppElement {
  @property() text = "";
  @property() label = "";
  @state() private copied = "";

  private async copy(): Promise<void> {
    const { text } = this;
    await navigator.clipboard?.writeText(text).then(
      () => {
        this.copied = text;
        announce(tell("copied"));
      },
      () => undefined,
    );
  }
  protected override render(): TemplateResult {
    return html`<button type="button" class="button small" @click=${() => void this.copy()}>${this.copied === this.text ? tell("copied") : this.label}</button>`;
  }
}
