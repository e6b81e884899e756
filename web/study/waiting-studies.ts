import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { AdminSection } from "../admin/admin-section.ts";
import type { Administration, PastStudy } from "../api/admin.ts";
import { askedSubject, emptyConfirmation } from "../core/checks.ts";
import { correctableFields, lacksReason, withCorrection } from "../core/correcting.ts";
import { leadTo } from "../core/focus.ts";
import { day, moment, personName } from "../core/format.ts";
import { say } from "../core/text.ts";
import type { AskDialog } from "../elements/ask-dialog.ts";
import { confirmBody } from "../queue/confirm-body.ts";
import type { Confirmation } from "../queue/types.ts";
import { tell } from "./words.ts";
import "../elements/ask-dialog.ts";
import "./correct-patient.ts";

const keyOf = ({ upload_id, study_instance_uid }: PastStudy): string => `${upload_id}/${study_instance_uid}`;
const nameOf = (study: PastStudy): string => `w-${keyOf(study).replaceAll(/[^\w-]/g, "-")}`;

/** Studies of anybody that wait for a person's word: an administrator sends them, corrected where they are wrong, or leaves them out. */
@customElement("waiting-studies")
export class WaitingStudies extends AdminSection {
  protected override readonly topics = ["uploads"] as const;
  @state() private studies: readonly PastStudy[] = [];
  @state() private given: Readonly<Record<string, Partial<Confirmation>>> = {};
  /** Sending was tried without a reason. */
  @state() private tried = "";
  @query("ask-dialog") private dialog!: AskDialog;
  private refused: PastStudy | null = null;

  protected override async read(admin: Administration): Promise<void> {
    this.studies = await admin.waitingStudies();
  }

  private confirm(study: PastStudy, given: Confirmation): void {
    const subject = askedSubject(study);
    const { correction } = withCorrection(subject, given);
    this.tried = lacksReason(subject, given) ? keyOf(study) : "";
    if (this.tried !== "") {
      leadTo(this.querySelector(`#correct-reason${nameOf(study)}`));
      return;
    }
    const body = confirmBody(correction === undefined ? {} : { correction });
    void this.doing(
      (admin) => admin.confirmStudy(study.upload_id, study.study_instance_uid, body),
      tell(correction === undefined ? "waiting_sent" : "waiting_corrected"),
    );
  }
  private reject(reason: string): void {
    const study = this.refused;
    if (study === null) return;
    void this.doing(
      (admin) => admin.rejectStudy(study.upload_id, study.study_instance_uid, reason),
      tell("waiting_left_out"),
    );
  }

  private one(study: PastStudy): TemplateResult {
    const subject = askedSubject(study);
    const key = keyOf(study);
    const given = { ...emptyConfirmation(subject), ...this.given[key] };
    const id = nameOf(study);
    const facts = [
      subject.patientID || say("not_given"),
      subject.patientBirthDate === "" ? "" : day(subject.patientBirthDate),
      subject.modalities.join(", "),
      subject.studyDate === "" ? "" : day(subject.studyDate),
      say("images", { n: subject.imageCount }),
    ];
    return html`<article class="card" aria-labelledby=${id}>
      <h3 id=${id} dir="auto">${personName(subject.patientName) || say("no_name")}</h3>
      <p>${facts.filter(Boolean).join(" · ")}</p>
      <p class="hint">${tell("waiting_since", { time: moment(Date.parse(study.created_at)) })} · <code>${study.upload_id}</code></p>
      <correct-patient .subject=${subject} .value=${given} .fields=${correctableFields(subject, false)} .named=${id} .lacking=${this.tried === key}
        @given=${(event: CustomEvent<Partial<Confirmation>>) => {
          this.given = { ...this.given, [key]: { ...this.given[key], ...event.detail } };
        }}></correct-patient>
      <div class="row">
        <button class="button strong" aria-describedby=${id} ?disabled=${this.busy} @click=${() => this.confirm(study, given)}>${tell("waiting_send")}</button>
        <button class="button danger" aria-describedby=${id} ?disabled=${this.busy} @click=${() => {
          this.refused = study;
          void this.dialog.open();
        }}>${say("leave_out")}</button>
      </div>
    </article>`;
  }

  protected override render(): TemplateResult {
    const { studies } = this;
    return html`${this.notices()}
      ${
        studies.length === 0
          ? nothing
          : html`<h2>${tell("waiting_title")}</h2><p class="lead">${tell("waiting_lead")}</p>
            <div class="cards">${repeat(studies, keyOf, (study) => this.one(study))}</div>`
      }
      <ask-dialog .heading=${say("reject_title")} .text=${say("reject_text")} .reason=${say("reason")} .yes=${say("leave_out")} .no=${say("back")}
        @yes=${(event: CustomEvent<string>) => this.reject(event.detail)}></ask-dialog>`;
  }
}
