import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { rate } from "../core/format.ts";
import { say } from "../core/text.ts";
import type { Link } from "../queue/types.ts";
import { AppElement } from "./app-element.ts";
import { icon } from "./icons.ts";

/** How the connection is, measured by our own requests; always in the header. */
@customElement("link-chip")
export class LinkChip extends AppElement {
  @property({ attribute: false }) link: Link = { state: "online", bitsPerSecond: null };

  protected override render(): TemplateResult {
    const { state, bitsPerSecond } = this.link;
    if (state === "offline")
      return html`<p class="chip bad">${icon("offline")}<span class="wide">${say("link_offline")}</span
        ><span class="narrow">${say("link_offline_short")}</span></p>`;
    if (state === "slow" && bitsPerSecond !== null)
      return html`<p class="chip warn">${icon("online")}<span>${say("link_slow", { rate: rate(bitsPerSecond) })}</span></p>`;
    return html`<p class="chip good">${icon("online")}<span>${say("link_online")}</span></p>`;
  }
}
