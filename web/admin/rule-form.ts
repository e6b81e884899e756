import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { AdminRoute, RouteSettings } from "../../src/contract/admin.ts";
import { say } from "../core/text.ts";
import { conditionInputs } from "./condition-fields.ts";
import { conditionFields, typedValues } from "./rule-words.ts";
import { SettingsForm } from "./settings-form.ts";
import { tell } from "./words.ts";

let made = 0;

/** What stands in the form, as the configuration file would have it. */
export function ruleOf(given: FormData): RouteSettings {
  const when: Record<string, string | string[]> = {};
  for (const field of conditionFields) {
    const values = [...typedValues(field, String(given.get(field.name) ?? ""))];
    const [only] = values;
    if (only !== undefined) when[field.name] = values.length === 1 ? only : values;
  }
  const rule = { name: String(given.get("name") ?? "").trim(), to: given.getAll("to").map(String) };
  return Object.keys(when).length === 0 ? rule : { ...rule, when };
}

/** One rule: which studies, and where they go. Tells `saved` with its name once the box has taken it, and `cancel`. */
@customElement("rule-form")
export class RuleForm extends SettingsForm {
  /** As it is; null: it is a new one. */
  @property({ attribute: false }) rule: AdminRoute | null = null;
  @property({ attribute: false }) destinations: readonly string[] = [];
  protected readonly paths = ["name", "to", ...conditionFields.map(({ name }) => `when.${name}`)];
  private readonly own = `rule-${++made}`;

  private save(event: SubmitEvent): void {
    event.preventDefault();
    const { app, rule } = this;
    if (!(event.target instanceof HTMLFormElement) || app === null) return;
    const wanted = ruleOf(new FormData(event.target));
    if (wanted.to.length === 0) {
      this.wrong = { to: tell("rule_needs") };
      this.querySelector<HTMLElement>('[name="to"]')?.focus();
      return;
    }
    void this.sending(async () => {
      if (rule === null) await app.admin.addRoute(wanted);
      else await app.admin.changeRoute(rule.route_id, wanted);
      this.tell("saved", wanted.name);
    });
  }
  private wrongWith(path: string): TemplateResult | typeof nothing {
    const wrong = this.wrong[path];
    return wrong === undefined ? nothing : html`<p class="wrong" id=${`${this.own}-${path}-wrong`}>${wrong}</p>`;
  }

  protected override render(): TemplateResult {
    const { rule, own, wrong, destinations } = this;
    const general = wrong[""];
    return html`<form class="fields" @submit=${this.save}>
      <div class="hinted"><label class="field"><span>${tell("rule_name")}</span><input name="name" autocomplete="off" required maxlength="200" aria-invalid=${"name" in wrong}
        aria-describedby=${"name" in wrong ? `${own}-name-wrong` : ""} .value=${rule?.name ?? ""} /></label>${this.wrongWith("name")}</div>
      <fieldset class="fields"><legend>${tell("rule_when")}</legend><p class="hint">${tell("rule_several")}</p>${conditionInputs({ own, values: rule?.when ?? {}, hints: true, wrong })}</fieldset>
      <fieldset aria-describedby=${"to" in wrong ? `${own}-to-wrong` : ""}><legend>${tell("rule_to")}</legend>
        <div class="choices">${destinations.map(
          (id) =>
            html`<label class="choice"><input type="checkbox" name="to" value=${id} .checked=${rule?.to.includes(id) ?? destinations.length === 1} />${id}</label>`,
        )}</div>${this.wrongWith("to")}</fieldset>
      ${general === undefined ? nothing : html`<p class="problem" tabindex="-1" lang="en">${general}</p>`}
      ${this.told()}
      <div class="row"><button class="button strong" ?disabled=${this.busy}>${tell(rule === null ? "rule_add" : "save")}</button>
        ${rule === null ? nothing : html`<button type="button" class="button" @click=${() => this.tell("cancel")}>${say("cancel")}</button>`}</div>
    </form>`;
  }
}
