import { html, nothing, type TemplateResult } from "lit";
import { type ConditionField, conditionFields, shownValues } from "./rule-words.ts";
import { tell } from "./words.ts";

/** How the fields of the conditions are filled and named. */
export interface ConditionForm {
  /** Begins the ids of what describes them. */
  readonly own: string;
  readonly values: Readonly<Record<string, string | readonly string[]>>;
  /** Said of each: what may be typed. None where one value is asked for. */
  readonly hints: boolean;
  readonly wrong: Readonly<Record<string, string>>;
}

function field(of: ConditionField, { own, values, hints, wrong }: ConditionForm): TemplateResult {
  const { name, word, placeholder = "", lines } = of;
  const told = wrong[`when.${name}`];
  const hint = !hints ? null : name === "time" ? "rule_time" : lines ? "rule_lines" : null;
  const described = [told === undefined ? "" : `${own}-${name}-wrong`, hint === null ? "" : `${own}-${name}-hint`]
    .join(" ")
    .trim();
  const shown = shownValues(of, values[name]);
  const control =
    name === "service_level"
      ? html`<select name=${name} aria-describedby=${described}>
          <option value="" ?selected=${!["stat", "routine"].includes(shown)}>${tell("rule_any")}</option>
          <option value="stat" ?selected=${shown === "stat"}>${tell("level_stat")}</option>
          <option value="routine" ?selected=${shown === "routine"}>${tell("level_routine")}</option></select>`
      : lines && hints
        ? html`<textarea name=${name} rows="2" autocomplete="off" spellcheck="false" placeholder=${placeholder} aria-describedby=${described}
            aria-invalid=${told !== undefined} .value=${shown}></textarea>`
        : html`<input name=${name} autocomplete="off" autocapitalize="none" spellcheck="false" placeholder=${placeholder}
            aria-describedby=${described} aria-invalid=${told !== undefined} .value=${shown} />`;
  return html`<div class="hinted"><label class="field"><span>${tell(word)}</span>${control}</label>
    ${hint === null ? nothing : html`<p class="hint" id=${`${own}-${name}-hint`}>${tell(hint)}</p>`}
    ${told === undefined ? nothing : html`<p class="wrong" id=${`${own}-${name}-wrong`} lang="en">${told}</p>`}</div>`;
}

/** The conditions as fields; those that few need are folded away, but for those that are filled. */
export function conditionInputs(form: ConditionForm): TemplateResult {
  const seldom = ({ name, more }: ConditionField) => more === true && form.values[name] === undefined;
  return html`<div class="grid">${conditionFields.filter((it) => !seldom(it)).map((it) => field(it, form))}</div>
    <details><summary>${tell("rule_more")}</summary><div class="grid">${conditionFields.filter(seldom).map((it) => field(it, form))}</div></details>`;
}
