import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import type { DestinationSettings } from "../../src/contract/admin.ts";
import { say } from "../core/text.ts";
import type { Field, Template } from "./destination-fields.ts";
import { fieldsWith, isKept, settingsOf, type Values, valuesOf } from "./destination-settings.ts";
import { SettingsForm } from "./settings-form.ts";
import { tell } from "./words.ts";

let made = 0;

/** The settings of one destination, by the table of its kind. Tells `saved` with its id once the box has taken them, and `cancel`. */
@customElement("destination-form")
export class DestinationForm extends SettingsForm {
  @property({ attribute: false }) template: Template | null = null;
  /** As they are; null: it is a new one. */
  @property({ attribute: false }) settings: DestinationSettings | null = null;
  /** The ids of the others. */
  @property({ attribute: false }) others: readonly string[] = [];
  @state() private values: Values = {};
  private readonly own = `form-${++made}`;

  protected get paths(): readonly string[] {
    return this.template?.fields.map(({ path }) => path) ?? [];
  }
  /** What is typed stays when what is shown around it is read again. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("template") || this.template === null) return;
    this.values = {
      ...valuesOf(this.template, this.settings),
      ...(this.settings === null ? { id: this.values.id ?? "" } : {}),
    };
    this.wrong = {};
  }

  private save(event: SubmitEvent): void {
    event.preventDefault();
    const { template, settings, values, app } = this;
    if (template === null || app === null) return;
    const wanted = settingsOf(template, values, settings);
    void this.sending(async () => {
      if (settings === null) await app.admin.addDestination(wanted);
      else await app.admin.changeDestination(settings.id, wanted);
      this.tell("saved", wanted.id);
    });
  }
  private readonly type = (path: string) => (event: Event) => {
    const { target } = event;
    const text =
      target instanceof HTMLInputElement && target.type === "checkbox"
        ? String(target.checked || "")
        : (target as HTMLInputElement).value;
    this.values = { ...this.values, [path]: text };
  };

  private control(field: Field, described: string): TemplateResult {
    const { path, input, placeholder = "" } = field;
    const value = this.values[path] ?? "";
    const kept = isKept(this.settings, path);
    const [wrong, required] = [path in this.wrong, field.required === true && !kept];
    if (input === "choice" || input === "destination") {
      const choices =
        input === "choice"
          ? (field.choices ?? []).map((it) => ({ value: it.value, words: tell(it.word) }))
          : [{ value: "", words: tell("field_fallback_none") }, ...this.others.map((id) => ({ value: id, words: id }))];
      return html`<select name=${path} aria-describedby=${described} aria-invalid=${wrong} @change=${this.type(path)}>${choices.map(
        (it) => html`<option value=${it.value} ?selected=${it.value === value}>${it.words}</option>`,
      )}</select>`;
    }
    if (input === "long" || input === "headers")
      return html`<textarea name=${path} rows="4" autocomplete="off" spellcheck="false" placeholder=${kept ? tell("form_kept") : placeholder} ?required=${required}
        aria-describedby=${described} aria-invalid=${wrong} .value=${live(value)} @input=${this.type(path)}></textarea>`;
    const type = input === "secret" ? "password" : input === "number" ? "number" : "text";
    return html`<input name=${path} type=${type} autocomplete=${input === "secret" ? "new-password" : "off"} autocapitalize="none" spellcheck="false"
      inputmode=${input === "url" ? "url" : input === "number" ? "numeric" : "text"} step="any" ?readonly=${path === "id" && this.settings !== null}
      placeholder=${kept ? tell("form_kept") : placeholder} ?required=${required} aria-describedby=${described} aria-invalid=${wrong}
      .value=${live(value)} @input=${this.type(path)} />`;
  }
  private field(field: Field): TemplateResult | typeof nothing {
    if (field.choices?.length === 1) return nothing;
    const { path, word, hint, input } = field;
    const wrong = this.wrong[path];
    const id = `${this.own}-${path}`;
    const [hinted, told] = [hint === undefined ? "" : `${id}-hint`, wrong === undefined ? "" : `${id}-wrong`];
    const described = `${told} ${hinted}`.trim();
    const below = html`${hint === undefined ? nothing : html`<p class="hint" id=${hinted}>${tell(hint)}</p>`}
      ${wrong === undefined ? nothing : html`<p class="wrong" id=${told} lang="en">${wrong}</p>`}`;
    if (input === "check")
      return html`<div class="hinted"><label class="choice"><input type="checkbox" name=${path} aria-describedby=${described} aria-invalid=${wrong !== undefined}
        .checked=${live(this.values[path] === "true")} @change=${this.type(path)} />${tell(word)}</label>${below}</div>`;
    const wide = input === "url" || input === "long" || input === "headers";
    return html`<div class="hinted ${wide ? "wide" : ""}"><label class="field"><span>${tell(word)}</span>${this.control(field, described)}</label>${below}</div>`;
  }

  /** Checks stand below, for their height is another one. */
  private fields(of: readonly Field[]): TemplateResult[] {
    const groups = [of.filter(({ input }) => input !== "check"), of.filter(({ input }) => input === "check")];
    return groups
      .filter((group) => group.length > 0)
      .map((group) => html`<div class="grid">${group.map((field) => this.field(field))}</div>`);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { template, settings } = this;
    if (template === null) return nothing;
    const fields = fieldsWith(template, this.values);
    const [usual, more] = [fields.filter((it) => it.more === undefined), fields.filter((it) => it.more === true)];
    const general = this.wrong[""];
    return html`<form class="fields" @submit=${this.save}>
      ${this.fields(usual)}
      ${more.length === 0 ? nothing : html`<details><summary>${tell("form_more")}</summary><div class="fields">${this.fields(more)}</div></details>`}
      ${Object.keys(this.wrong).length === 0 ? nothing : html`<p class="problem" tabindex="-1">${tell("form_wrong")} <span lang="en">${general}</span></p>`}
      ${this.told()}
      <div class="row"><button class="button strong" ?disabled=${this.busy}>${tell(settings === null ? "form_add" : "form_save")}</button>
        ${settings === null ? nothing : html`<button type="button" class="button" @click=${() => this.tell("cancel")}>${say("cancel")}</button>`}</div>
    </form>`;
  }
}
