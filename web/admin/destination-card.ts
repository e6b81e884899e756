import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { AdminDestination, DestinationTest } from "../../src/contract/admin.ts";
import { ApiError } from "../api/problem.ts";
import { type App, announce } from "../core/app.ts";
import { codeSentence } from "../core/code-words.ts";
import { moment } from "../core/format.ts";
import { AppElement } from "../elements/app-element.ts";
import { type Icon, icon } from "../elements/icons.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";

const kinds: Readonly<Record<string, AdminWord>> = {
  orthanc: "kind_orthanc",
  "stow-rs": "kind_stow",
  "c-store": "kind_cstore",
  folder: "kind_folder",
};

const faces: Readonly<Record<AdminDestination["state"], readonly [string, Icon]>> = {
  up: ["good", "check"],
  down: ["bad", "bad"],
  paused: ["warn", "pause"],
};

/** One destination: how it does, and a live check of it with what to mend. Read-only: the file gives it. */
@customElement("destination-card")
export class DestinationCard extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  @property({ attribute: false }) destination: AdminDestination | null = null;
  /** Whether it can be paused from here. Tells `turn` with whether it is to be. */
  @property({ type: Boolean }) pausable = false;
  @state() private testing = false;
  @state() private tested: DestinationTest | null = null;
  @state() private problem = "";

  private async test(id: string): Promise<void> {
    if (this.app === null || this.testing) return;
    this.testing = true;
    this.tested = null;
    this.problem = "";
    try {
      this.tested = await this.app.admin.test(id);
      announce(tell(this.tested.ok ? "test_ok" : "test_failed", { destination: id }));
    } catch (error) {
      this.problem = error instanceof ApiError ? codeSentence(error.code, error.message) : tell("not_read");
      announce(this.problem);
    }
    this.testing = false;
  }

  private shownState(it: AdminDestination): TemplateResult {
    const why = it.error === null ? "" : `: ${codeSentence(it.error.code, it.error.message)}`;
    const [tone, picture] = faces[it.state];
    const words =
      it.paused_since !== null
        ? tell("dest_paused", { time: moment(Date.parse(it.paused_since)) })
        : tell(it.state === "up" ? "dest_up" : "dest_down") + why;
    return html`<p class="state ${tone}">${icon(picture)}<span>${words}</span></p>`;
  }
  private result({ ok, steps, destination_id }: DestinationTest): TemplateResult {
    return html`<p class="state ${ok ? "good" : "bad"}">${icon(ok ? "check" : "bad")}<strong>${tell(ok ? "test_ok" : "test_failed", { destination: destination_id })}</strong></p>
      <ul class="steps">${steps.map(
        (step) => html`<li class=${step.ok ? "good" : "bad"}>${icon(step.ok ? "check" : "stop")}
          <div><p><strong>${step.name}</strong> ${step.detail}</p>${step.ok || step.fix === undefined ? nothing : html`<p>${step.fix}</p>`}</div></li>`,
      )}</ul>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const it = this.destination;
    if (it === null) return nothing;
    const id = it.destination_id;
    const kind = kinds[it.kind];
    const facts: readonly (readonly [AdminWord, string])[] = [
      ["dest_kind", kind === undefined ? it.kind : tell(kind)],
      ["dest_waiting", String(it.waiting)],
      ["dest_parked", String(it.parked)],
      ["dest_last", it.last_delivered_at === null ? tell("dest_never") : moment(Date.parse(it.last_delivered_at))],
    ];
    return html`<article class="card" aria-labelledby="at-${id}">
      <header class="title"><h2 id="at-${id}">${id}</h2>
        <p class="hint beside provisioned">${icon("lock")}${tell("provisioned")}</p></header>
      ${this.shownState(it)}
      <p class="hint"><code>${it.address}</code></p>
      <dl class="facts">${facts.map(([word, value]) => html`<div><dt>${tell(word)}</dt><dd>${value}</dd></div>`)}</dl>
      ${it.default ? html`<p class="hint">${tell("dest_default")}</p>` : nothing}
      ${it.fallback === null ? nothing : html`<p class="hint">${tell("dest_fallback", { destination: it.fallback })}</p>`}
      <div class="row"><button class="button" ?disabled=${this.testing} aria-describedby="at-${id}" @click=${() => void this.test(id)}>${tell(this.testing ? "dest_testing" : "dest_test")}</button>
        ${
          this.pausable
            ? html`<button class="button" aria-describedby="at-${id}" @click=${() => this.tell("turn", it.state !== "paused")}>${tell(it.state === "paused" ? "dest_resume" : "dest_pause")}</button>`
            : nothing
        }</div>
      ${this.problem === "" ? nothing : html`<p class="problem">${this.problem}</p>`}
      ${this.tested === null ? nothing : this.result(this.tested)}
    </article>`;
  }
}
