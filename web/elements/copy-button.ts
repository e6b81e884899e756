import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../core/app.ts";
import { say } from "../core/text.ts";
import { AppElement } from "./app-element.ts";

/** Takes a text along. Without a secure context there is no clipboard: then there is no button, and the text stays selectable. */
@customElement("copy-button")
export class CopyButton extends AppElement {
  @property() text = "";
  @property() label = "";
  @property() look = "small";
  @state() private copied = "";
  @state() private refused = false;

  private async copy(): Promise<void> {
    const { text } = this;
    await navigator.clipboard.writeText(text).then(
      () => {
        this.copied = text;
        announce(say("copied"));
      },
      () => {
        this.refused = true;
      },
    );
  }
  protected override render(): TemplateResult | typeof nothing {
    if (this.refused || !("clipboard" in navigator)) return nothing;
    return html`<button type="button" class="button ${this.look}" @click=${() => void this.copy()}>${this.copied === this.text ? say("copied") : this.label}</button>`;
  }
}
