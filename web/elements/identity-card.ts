import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { dateWords, isClosed, isMixed, type Subject } from "../core/checks.ts";
import { day, personName, size } from "../core/format.ts";
import { patientKey } from "../core/patient-key.ts";
import { say, type Word } from "../core/text.ts";
import type { DraftPart } from "../queue/types.ts";
import { AppElement } from "./app-element.ts";
import { icon } from "./icons.ts";

const sexWords: Record<string, Word> = { F: "sex_F", M: "sex_M", O: "sex_O" };

/** Who and what a study is, large enough to compare with the request form. Tells `refuse` where it is not the right one, `patients` as they are checked. */
@customElement("identity-card")
export class IdentityCard extends AppElement {
  @property({ attribute: false }) subject: Subject | null = null;
  /** Of several patients: those that were checked. */
  @property({ attribute: false }) checked: readonly string[] = [];

  private contents(subject: Subject): string {
    const count = isClosed(subject)
      ? [say("archives", { n: subject.archives.length || 1 })]
      : subject.kind === "pictures"
        ? [say("pictures", { n: subject.imageCount })]
        : [say("series", { n: subject.seriesCount }), say("images", { n: subject.imageCount })];
    return [...count, ...(subject.bytes === 0 ? [] : [size(subject.bytes)])].join(", ");
  }

  private facts(subject: Subject): [string, string][] {
    const contents: [string, string] = [say("contents"), this.contents(subject)];
    if (isClosed(subject) || isMixed(subject) || subject.kind === "pictures") return [contents];
    const sex = sexWords[subject.patientSex];
    const given: [Word, string][] = [
      ["birth_date", dateWords(subject.patientBirthDate)],
      ["patient_id", subject.patientID || say("not_given")],
      ["sex", sex === undefined ? "" : say(sex)],
      ["study_date", dateWords(subject.studyDate)],
      ["modality", subject.modalities.join(", ")],
      ["body_part", subject.bodyPart],
      ["description", subject.description],
    ];
    return [
      ...given.filter(([, value]) => value !== "").map(([word, value]): [string, string] => [say(word), value]),
      contents,
    ];
  }

  private study(part: DraftPart): TemplateResult {
    const facts = [
      part.patientID || say("not_given"),
      part.patientBirthDate === "" ? "" : day(part.patientBirthDate),
      part.modality,
      part.studyDate === "" ? "" : day(part.studyDate),
      say("images", { n: part.imageCount }),
    ];
    return html`<strong dir="auto">${personName(part.patientName) || say("no_name")}</strong>
      <span class="hint">${facts.filter(Boolean).join(" · ")}</span>`;
  }
  /** The studies of an archive that holds several of one patient. */
  private parts(subject: Subject): TemplateResult {
    return html`<ul class="parts">${subject.parts.map((part) => html`<li>${this.study(part)}</li>`)}</ul>`;
  }
  /** Of several patients each is checked by itself: no stranger's study goes on by the one Send. */
  private patients(subject: Subject): TemplateResult {
    const byPatient = Map.groupBy(subject.parts, (part) => patientKey(part.patientID, part.patientBirthDate));
    const tick = (key: string, event: Event) => {
      const on = event.target instanceof HTMLInputElement && event.target.checked;
      this.tell("patients", on ? [...this.checked, key] : this.checked.filter((one) => one !== key));
    };
    return html`<fieldset class="patients"><legend class="hint">${say("tick_patients")}</legend>
      ${[...byPatient].map(
        ([key, parts]) => html`<label class="choice">
          <input type="checkbox" .checked=${this.checked.includes(key)} @change=${(event: Event) => tick(key, event)} />
          <span>${parts.map((part) => html`<span class="part">${this.study(part)}</span>`)}</span></label>`,
      )}</fieldset>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const subject = this.subject;
    if (subject === null) return nothing;
    const closed = isClosed(subject);
    const name = personName(subject.patientName);
    const heading = closed
      ? say("unknown_patient")
      : isMixed(subject)
        ? say("several_people")
        : name === ""
          ? say("no_name")
          : name;
    return html`<section class="card identity" aria-label=${heading}>
      <div class="who">${icon(closed ? "archive" : "person")}<h2 dir="auto">${heading}</h2></div>
      <dl class="facts">
        ${this.facts(subject).map(([label, value]) => html`<div><dt>${label}</dt><dd dir="auto">${value}</dd></div>`)}
      </dl>
      ${subject.parts.length === 0 ? nothing : isMixed(subject) ? this.patients(subject) : this.parts(subject)}
      ${closed || subject.kind === "pictures" ? html`<p class="hint">${say(closed ? "at_box_opened" : "photo_note")}</p>` : nothing}
      <div class="ask">
        <p>${closed || subject.kind === "pictures" ? nothing : say(isMixed(subject) ? "right_patients" : "right_patient")}</p>
        <button type="button" class="button small" @click=${() => this.tell("refuse")}>${say("not_this")}</button>
      </div>
    </section>`;
  }
}
