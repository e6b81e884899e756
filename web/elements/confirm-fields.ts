import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { fromField, toField } from "../core/format.ts";
import { say, type Word } from "../core/text.ts";
import type { Confirmation } from "../queue/types.ts";
import { AppElement } from "./app-element.ts";

const phrases: readonly Word[] = ["phrase_1", "phrase_2", "phrase_3", "phrase_4", "phrase_5"];
export const identityFields = ["patientID", "patientName", "patientBirthDate"] as const;
export type IdentityField = (typeof identityFields)[number];
const identityWords: Record<IdentityField, Word> = {
  patientID: "patient_id",
  patientName: "patient_name",
  patientBirthDate: "birth_date",
};

/** What a person adds to a study. Tells `given` with the fields that changed. */
@customElement("confirm-fields")
export class ConfirmFields extends AppElement {
  @property({ attribute: false }) value: Confirmation | null = null;
  /** What of the patient is asked for: what images say themselves is no matter of filling in. */
  @property({ attribute: false }) identity: readonly IdentityField[] = [];
  /** Study name and accession number. */
  @property({ type: Boolean }) extras = true;
  /** Fields that are missing, shown after the first try to send. */
  @property({ attribute: false }) missing: readonly string[] = [];
  @property({ type: Boolean }) earlier = false;
  @query("#notes") private notes!: HTMLTextAreaElement;

  private give(change: Partial<Confirmation>): void {
    this.tell("given", change);
  }
  private add(word: Word): void {
    const before = this.notes.value.trimEnd();
    this.give({ clinicalNotes: before === "" ? say(word) : `${before}\n${say(word)}` });
  }
  private typed(name: keyof Confirmation, read = (text: string) => text) {
    return (event: Event) => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement)
        this.give({ [name]: read(event.target.value) });
    };
  }

  private person(value: Confirmation): TemplateResult {
    const fields = this.identity.map((name) => {
      const lacking = this.missing.includes(name);
      const date = name === "patientBirthDate";
      const shown = date ? toField(value[name]) : value[name];
      return html`<label class="field"><span>${say(identityWords[name])}</span>
        <input id=${name} type=${date ? "date" : "text"} maxlength=${date ? nothing : 64} autocomplete="off" required .value=${shown}
          aria-invalid=${lacking} aria-describedby=${lacking ? `${name}-missing` : nothing}
          @input=${this.typed(name, date ? fromField : undefined)} />
        ${lacking ? html`<span class="wrong" id="${name}-missing">${say("field_needed")}</span>` : nothing}
      </label>`;
    });
    return html`<div class="card grid">${fields}
      ${this.earlier ? html`<button type="button" class="button" @click=${() => this.tell("copy-earlier")}>${say("copy_earlier")}</button>` : nothing}
    </div>`;
  }
  private priority(value: Confirmation): TemplateResult {
    const choice = (level: Confirmation["serviceLevel"], word: Word) => html`<label class="choice ${level}">
      <input type="radio" name="priority" .checked=${value.serviceLevel === level} @change=${() => this.give({ serviceLevel: level })}
        aria-describedby=${level === "stat" ? "stat-hint" : nothing} /><span>${say(word)}</span></label>`;
    return html`<fieldset class="priority"><legend>${say("priority")}</legend>
      <div class="choices">${choice("routine", "routine")}${choice("stat", "stat")}</div>
      <p class="hint" id="stat-hint">${say("stat_hint")}</p>
    </fieldset>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const value = this.value;
    if (value === null) return nothing;
    return html`${this.identity.length > 0 ? this.person(value) : nothing} ${this.priority(value)}
      <div class="field"><label for="notes">${say("notes")}</label>
        <textarea id="notes" rows="3" autocomplete="off" maxlength="16000" dir="auto" aria-describedby="notes-hint" .value=${value.clinicalNotes} @input=${this.typed("clinicalNotes")}></textarea>
        <p class="hint" id="notes-hint">${say("notes_hint")}</p>
        <div class="phrases" role="group" aria-label=${say("quick_phrases")}>
          ${phrases.map((word) => html`<button type="button" class="button small" @click=${() => this.add(word)}>${say(word)}</button>`)}
        </div>
      </div>
      <p class="goes"><span class="hint">${say("goes_to")}</span> ${say("goes_to_rules")}</p>
      ${
        this.extras
          ? html`<details><summary>${say("more_fields")}</summary>
            <label class="field"><span>${say("study_name")}</span><input maxlength="64" autocomplete="off" .value=${value.studyName} @input=${this.typed("studyName")} /></label>
            <label class="field"><span>${say("accession")}</span><input maxlength="16" autocomplete="off" .value=${value.accessionNumber} @input=${this.typed("accessionNumber")} /></label>
          </details>`
          : nothing
      }`;
  }
}
