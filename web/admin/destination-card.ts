import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { AdminDestination } from "../../src/contract/admin.ts";
import type { App } from "../core/app.ts";
import { codeSentence } from "../core/code-words.ts";
import { moment } from "../core/format.ts";
import { AppElement } from "../elements/app-element.ts";
import { type Icon, icon } from "../elements/icons.ts";
import { percent } from "./board.ts";
import { type Template, templateOf, templates } from "./destination-fields.ts";
import type { DestinationTest } from "./destination-test.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";
import "./destination-form.ts";
import "./destination-test.ts";

const faces: Readonly<Record<AdminDestination["state"], readonly [string, Icon]>> = {
  up: ["good", "check"],
  down: ["bad", "bad"],
  paused: ["warn", "pause"],
};
const signInOf = ({ auth }: AdminDestination["settings"]): string =>
  typeof auth === "object" && auth !== null && "type" in auth ? String(auth.type) : "none";

/**
 * One destination: how it does, a live check of it, and its settings. What the configuration file gives is shown and not changed.
 * Tells `turn` with whether it is to be paused, `remove`, and `saved`.
 */
@customElement("destination-card")
export class DestinationCard extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  @property({ attribute: false }) destination: AdminDestination | null = null;
  /** The ids of the others. */
  @property({ attribute: false }) others: readonly string[] = [];
  /** Share of the tries that failed lately, 0 to 1; null: there were none. */
  @property({ attribute: false }) failed: number | null = null;
  @state() private form: Template | null = null;
  @query("destination-test") private checklist!: DestinationTest | null;

  /** Tries it, and leads there. */
  async test(): Promise<void> {
    await this.updateComplete;
    this.scrollIntoView({ block: "nearest" });
    await this.checklist?.run();
  }
  private edit(it: AdminDestination): void {
    this.form = this.form === null ? (templateOf(it.kind, signInOf(it.settings)) ?? null) : null;
  }

  private shownState(it: AdminDestination): TemplateResult {
    const { error } = it;
    // which setting is at fault stands in the box's own sentence alone
    const reason = (code: string, message: string) =>
      code === "destination_unfit" ? message : codeSentence(code, message);
    const why = error === null ? "" : `: ${reason(error.code, error.message)}`;
    const [tone, picture] = faces[it.state];
    const words =
      it.paused_since !== null
        ? tell("dest_paused", { time: moment(Date.parse(it.paused_since)) })
        : tell(it.state === "up" ? "dest_up" : "dest_down") + why;
    return html`<p class="state ${tone}">${icon(picture)}<span>${words}</span></p>`;
  }
  private origin(it: AdminDestination): TemplateResult | typeof nothing {
    if (it.provisioned) return html`<p class="hint beside provisioned">${icon("lock")}${tell("provisioned")}</p>`;
    if (it.changed_at === null) return nothing;
    const time = moment(Date.parse(it.changed_at));
    return html`<p class="hint">${tell("dest_by", { name: it.changed_by ?? "?", time })}</p>`;
  }
  private buttons(it: AdminDestination, named: string): TemplateResult {
    const button = (word: AdminWord, deed: () => void, look = "", open: boolean | null = null) =>
      html`<button class="button ${look}" aria-describedby=${named} aria-expanded=${open ?? nothing} @click=${deed}>${tell(word)}</button>`;
    return html`${button(it.state === "paused" ? "dest_resume" : "dest_pause", () => this.tell("turn", it.state !== "paused"))}
      ${
        it.provisioned
          ? nothing
          : html`${button("dest_change", () => this.edit(it), "change", this.form !== null)} ${button("dest_remove", () => this.tell("remove"), "danger")}`
      }`;
  }
  /** The form goes, and the button that opened it has the focus. */
  private shut(): void {
    this.form = null;
    this.querySelector<HTMLElement>(".change")?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const it = this.destination;
    if (it === null) return nothing;
    const id = it.destination_id;
    const kind = templates.find((template) => template.kind === it.kind)?.word;
    const facts: readonly (readonly [AdminWord, string])[] = [
      ["dest_last", it.last_delivered_at === null ? tell("dest_never") : moment(Date.parse(it.last_delivered_at))],
      ["dest_waiting", String(it.waiting)],
      ["dest_parked", String(it.parked)],
      ...(this.failed === null ? [] : [["dest_failed", percent(this.failed)] as const]),
    ];
    return html`<article class="card" aria-labelledby="at-${id}">
      <header class="title"><h2 id="at-${id}">${id}</h2>${this.origin(it)}</header>
      ${this.shownState(it)}
      <p class="hint">${kind === undefined ? it.kind : tell(kind)} · <code>${it.address}</code></p>
      <dl class="facts">${facts.map(([word, value]) => html`<div><dt>${tell(word)}</dt><dd>${value}</dd></div>`)}</dl>
      ${it.default ? html`<p class="hint">${tell("dest_default")}</p>` : nothing}
      ${it.fallback === null ? nothing : html`<p class="hint">${tell("dest_fallback", { destination: it.fallback })}</p>`}
      <destination-test .app=${this.app} .destination=${id} .named=${`at-${id}`} .beside=${this.buttons(it, `at-${id}`)}></destination-test>
      ${
        this.form === null
          ? nothing
          : html`<destination-form .app=${this.app} .template=${this.form} .settings=${it.settings} .others=${this.others}
              @cancel=${this.shut} @saved=${this.shut}></destination-form>`
      }
    </article>`;
  }
}
