import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { dateWords, type Subject } from "../core/checks.ts";
import { type CorrectionField, correctedFields, noCorrection } from "../core/correcting.ts";
import { fromField, personName, toField } from "../core/format.ts";
import { say, type Word } from "../core/text.ts";
import { AppElement } from "../elements/app-element.ts";
import type { Confirmation, Correction } from "../queue/types.ts";
import { tell } from "./words.ts";

export const fieldWords: Readonly<Record<CorrectionField, Word>> = {
  patientName: "patient_name",
  patientID: "patient_id",
  patientBirthDate: "birth_date",
  patientSex: "sex",
};
const sexes = { F: "sex_F", M: "sex_M", O: "sex_O" } as const;
const isSex = (value: string): value is keyof typeof sexes => value in sexes;

/** What the images say of their patient beside what is right instead. Tells `given` with the correction. */
@customElement("correct-patient")
export class CorrectPatient extends AppElement {
  @property({ attribute: false }) subject: Subject | null = null;
  @property({ attribute: false }) value: Confirmation | null = null;
  @property({ attribute: false }) fields: readonly CorrectionField[] = [];
  /** Tells several on one page apart. */
  @property() named = "";
  /** Sending was tried and the reason is missing. */
  @property({ type: Boolean }) lacking = false;

  private give(name: keyof Correction, read = (text: string) => text) {
    return (event: Event) => {
      const { target } = event;
      if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
      const correction = { ...noCorrection, ...this.value?.correction, [name]: read(target.value) };
      this.tell<Partial<Confirmation>>("given", { correction });
    };
  }

  private formerly(field: CorrectionField, subject: Subject): string {
    const value = subject[field];
    if (field === "patientSex") return isSex(value) ? say(sexes[value]) : tell("correct_as_is");
    if (value === "") return say("not_given");
    if (field === "patientBirthDate") return dateWords(value);
    return field === "patientName" ? personName(value) : value;
  }
  private input(field: CorrectionField, value: string): TemplateResult {
    if (field === "patientSex")
      return html`<select @change=${this.give(field)}>
        <option value="" ?selected=${value === ""}>${tell("correct_stays")}</option>
        ${Object.entries(sexes).map(([code, word]) => html`<option value=${code} ?selected=${code === value}>${say(word)}</option>`)}
      </select>`;
    if (field === "patientBirthDate")
      return html`<input type="date" autocomplete="off" .value=${toField(value)} @input=${this.give(field, fromField)} />`;
    const hint = field === "patientName" ? tell("correct_name_hint") : tell("correct_stays");
    return html`<input maxlength="64" autocomplete="off" placeholder=${hint} .value=${value} @input=${this.give(field)} />`;
  }

  protected override render(): TemplateResult {
    const { subject, value, fields } = this;
    if (subject === null || value === null || fields.length === 0) return html``;
    const correction = value.correction ?? noCorrection;
    const changed = correctedFields(subject, value);
    return html`<details class="correct"><summary>${tell("correct")}</summary>
      <p class="hint">${tell("correct_text")}</p>
      ${fields.map((field) => {
        const named = { field: say(fieldWords[field]) };
        return html`<div class="pair">
          <p class="field"><span>${tell("correct_before", named)}</span><strong dir="auto">${this.formerly(field, subject)}</strong></p>
          <label class="field"><span>${tell("correct_after", named)}</span>${this.input(field, correction[field])}</label>
        </div>`;
      })}
      <label class="field"><span>${tell("correct_reason")}</span>
        <input id="correct-reason${this.named}" maxlength="1024" autocomplete="off" .value=${correction.reason} aria-invalid=${this.lacking}
          aria-describedby="correct-reason-needed${this.named}" @input=${this.give("reason")} />
        <span class=${this.lacking ? "wrong" : "hint"} id="correct-reason-needed${this.named}">${tell("correct_reason_needed")}</span></label>
      <p aria-live="polite">${changed.length === 0 ? "" : tell("correct_will", { fields: changed.map((field) => say(fieldWords[field])).join(", ") })}</p>
    </details>`;
  }
}
