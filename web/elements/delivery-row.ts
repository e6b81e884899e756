import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { DeliveryView } from "../../src/contract/status.ts";
import { codeSentence } from "../core/code-words.ts";
import { moment } from "../core/format.ts";
import { deliveryWords } from "../core/study-state.ts";
import { say } from "../core/text.ts";
import { AppElement } from "./app-element.ts";
import { icon } from "./icons.ts";
import { toneIcon } from "./notice-box.ts";

/** One destination with its own state, from its own answer. */
@customElement("delivery-row")
export class DeliveryRow extends AppElement {
  @property({ attribute: false }) delivery: DeliveryView | null = null;

  protected override render(): TemplateResult | typeof nothing {
    const delivery = this.delivery;
    if (delivery === null) return nothing;
    const { word, tone } = deliveryWords[delivery.state];
    const when = delivery.next_attempt_at === null ? "" : moment(Date.parse(delivery.next_attempt_at));
    const count = { done: delivery.delivered_instances, total: delivery.total_instances };
    const via = delivery.via === null ? "" : ` ${say("d_via", { via: delivery.via })}`;
    return html`<div class="delivery ${tone}">
      ${icon(toneIcon(tone))}
      <p class="said"><span><strong>${delivery.destination_id}</strong>${via} · ${say(word, { when })}</span>
        <span class="count">${say("d_count", count)}</span></p>
        ${delivery.error === null ? nothing : html`<p class="hint why">${codeSentence(delivery.error.code, delivery.error.message)}</p>`}
    </div>`;
  }
}
