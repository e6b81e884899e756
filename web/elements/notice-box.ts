import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Tone } from "../core/study-state.ts";
import { AppElement } from "./app-element.ts";
import { type Icon, icon } from "./icons.ts";

const icons: Record<Tone, Icon> = { quiet: "wait", busy: "busy", good: "check", warn: "warn", bad: "bad" };

/** One sentence with an icon, and at most one button: what happened, and what to do. Tells `act`. */
@customElement("notice-box")
export class NoticeBox extends AppElement {
  @property() tone: Tone = "quiet";
  @property() text = "";
  /** The button's name; "" for none. */
  @property() action = "";

  protected override render(): TemplateResult {
    return html`<div class="notice ${this.tone}">
      ${icon(icons[this.tone])}
      <p>${this.text}</p>
      ${this.action === "" ? nothing : html`<button type="button" class="button" @click=${() => this.tell("act")}>${this.action}</button>`}
    </div>`;
  }
}
export const toneIcon = (tone: Tone): Icon => icons[tone];
