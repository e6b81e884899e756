import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { RouteExplanation, RouteQuestion, RouteTrial } from "../../src/contract/routing.ts";
import type { PastStudy } from "../api/admin.ts";
import { announce } from "../core/app.ts";
import { moment } from "../core/format.ts";
import { icon } from "../elements/icons.ts";
import { AccountPage } from "../pages/account-page.ts";
import { conditionInputs } from "./condition-fields.ts";
import { and, conditionFields, conditionWord, typedValues, wantedWords } from "./rule-words.ts";
import { tell } from "./words.ts";

type Tried = RouteExplanation["rules"][number];

/** What is asked of the box. @param past the study that was chosen */
export function questionOf(given: FormData, past: PastStudy | undefined): RouteQuestion {
  const typed = conditionFields.flatMap((field) => {
    const values = typedValues(field, String(given.get(field.name) ?? ""));
    return values.length === 0 ? [] : [[field.name, values.length === 1 ? values[0] : values] as const];
  });
  const study = past && { upload_id: past.upload_id, study_instance_uid: past.study_instance_uid };
  return { ...Object.fromEntries(typed), ...(study ? { study } : {}) };
}

/** Where a study would go: one that came earlier, or typed values; which rule takes it, and why the others do not. */
@customElement("rule-try")
export class RuleTry extends AccountPage {
  @state() private past: readonly PastStudy[] = [];
  @state() private chosen = "";
  @state() private trial: RouteTrial | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.app?.admin.pastStudies().then(
      (past) => {
        this.past = past;
      },
      () => undefined, // then by typed values alone
    );
  }
  private ask(event: SubmitEvent): void {
    event.preventDefault();
    const { app, chosen } = this;
    if (!(event.target instanceof HTMLFormElement) || app === null) return;
    const past = chosen === "" ? undefined : this.past[Number(chosen)];
    const question = questionOf(new FormData(event.target), past);
    this.trial = null;
    void this.act(async () => {
      this.trial = await app.admin.tryRoutes(question);
      announce(this.goes(this.trial));
    });
  }

  private goes({ destinations }: RouteTrial): string {
    return destinations.length === 0 ? tell("try_waits") : tell("try_goes", { destinations: and(destinations) });
  }
  private why({ applied, rules }: RouteTrial): string {
    if (applied === "none") return "";
    return tell(`applied_${applied}`, { n: rules.filter(({ matched }) => matched).length });
  }
  private rule({ name, matched, conditions }: Tried, position: number): TemplateResult {
    const unknown = !matched && conditions.every((it) => it.matched !== false);
    const words = tell(matched ? "try_fits" : unknown ? "try_unknown" : "try_fits_not");
    return html`<li class=${matched ? "good" : unknown ? "warn" : "quiet"}>${icon(matched ? "check" : unknown ? "warn" : "stop")}
      <div><p><strong>${position}. ${name}</strong> <span class="hint">${words}</span></p>
        ${conditions.length === 0 ? html`<p class="hint">${tell("try_always")}</p>` : nothing}
        <ul class="reasons">${conditions.map((it) => {
          const found = it.found === null ? tell("try_found_unknown") : and(it.found) || tell("try_found_none");
          const wanted = wantedWords(it.name, it.wanted);
          const shown = it.name === "service_level" && it.found !== null ? wantedWords(it.name, it.found) : found;
          return html`<li class=${it.matched === true ? "good" : it.matched === false ? "bad" : "warn"}>${icon(it.matched === true ? "check" : it.matched === false ? "stop" : "warn")}
            <span>${conditionWord(it.name)}: ${tell("try_is", { found: shown, wanted })}</span></li>`;
        })}</ul></div></li>`;
  }
  private result(trial: RouteTrial): TemplateResult {
    const nowhere = trial.destinations.length === 0;
    return html`<div class="result"><p class="state ${nowhere ? "warn" : "good"}">${icon(nowhere ? "warn" : "check")}<strong>${this.goes(trial)}</strong></p>
      <p class="hint">${this.why(trial)}</p>
      <ol class="steps">${trial.rules.map((rule, index) => this.rule(rule, index + 1))}</ol></div>`;
  }

  protected override render(): TemplateResult {
    const { past, chosen, trial } = this;
    return html`<section class="card" aria-labelledby="try-title"><h2 id="try-title">${tell("try_title")}</h2>
      <p class="hint">${tell("try_lead")}</p>
      <form class="fields" @submit=${this.ask}>
        ${
          past.length === 0
            ? nothing
            : html`<label class="field"><span>${tell("try_study")}</span><select @change=${(event: Event) => {
                this.chosen = event.target instanceof HTMLSelectElement ? event.target.value : "";
              }}><option value="">${tell("try_typed")}</option>${past.map(
                (it, index) =>
                  html`<option value=${index}>${tell("try_past", { time: moment(Date.parse(it.created_at)), modality: it.modalities.join(", ") || "?", n: it.instance_count })}</option>`,
              )}</select></label>`
        }
        ${chosen === "" ? nothing : html`<p class="hint">${tell("try_instead")}</p>`}
        ${conditionInputs({ own: "try", values: {}, hints: false, wrong: {} })}
        ${this.told()}
        <div class="row"><button class="button strong" ?disabled=${this.busy}>${tell("try_do")}</button></div>
      </form>
      ${trial === null ? nothing : this.result(trial)}</section>`;
  }
}
