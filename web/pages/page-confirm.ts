import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { announce } from "../core/app.ts";
import {
  checksOf,
  differsHere,
  earlierToday,
  emptyConfirmation,
  missingFields,
  noneChecked,
  type Subject,
} from "../core/checks.ts";
import { correctableFields, lacksReason, mayCorrect, withCorrection } from "../core/correcting.ts";
import { leadTo } from "../core/focus.ts";
import { moment, personName, size } from "../core/format.ts";
import { go } from "../core/router.ts";
import { warningText } from "../core/scan-words.ts";
import { type Asked, askedOf, sendAsked, sendDraft } from "../core/sending.ts";
import { say } from "../core/text.ts";
import type { AskDialog } from "../elements/ask-dialog.ts";
import type { ChosenFile, Confirmation, DraftStudy, Earlier } from "../queue/types.ts";
import { QueuePage } from "./queue-page.ts";
import "../elements/ask-dialog.ts";
import { identityFields } from "../elements/confirm-fields.ts";
import "../elements/identity-card.ts";
import "../elements/notice-box.ts";
import "../elements/picture-list.ts";
import "../study/correct-patient.ts";

/** Screen 2: is this the right patient? Studies chosen here, or those the box asks about. Send sends the one that is shown. */
@customElement("page-confirm")
export class PageConfirm extends QueuePage {
  @state() private tried = false;
  @state() private room: number | null = null;
  /** Studies the box asked about that were answered here: its next word comes a moment later. */
  @state() private answered: ReadonlySet<string> = new Set();
  @state() private answering: "" | "busy" | "failed" = "";
  /** By Study Instance UID: what the box knows of an earlier delivery. */
  private readonly sentBefore = new Map<string, Earlier | null>();
  @query("ask-dialog") private dialog!: AskDialog;
  @query("h1") private heading!: HTMLElement;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.app?.queue.room().then((room) => {
      this.room = room;
    });
  }

  /** What is shown: a chosen study, or one of those the box asks about. */
  private current(): {
    key: string;
    subject: Subject;
    draft: DraftStudy | null;
    asked: Asked | null;
    step: number;
    total: number;
  } | null {
    if (this.app === null) return null;
    if (this.target !== "") {
      const all = askedOf(this.app.queue, this.target).filter(({ uid }) => !this.answered.has(uid));
      const asked = all[0];
      return asked === undefined
        ? null
        : { key: asked.uid, subject: asked.subject, draft: null, asked, step: 0, total: all.length };
    }
    const { drafts, step } = this.app.choice;
    const draft = drafts[step];
    return draft === undefined
      ? null
      : { key: draft.id, subject: draft, draft, asked: null, step, total: drafts.length };
  }
  private change(key: string, before: Confirmation, change: Partial<Confirmation>): void {
    if (this.app === null) return;
    const { choice } = this.app;
    choice.given = { ...choice.given, [key]: { ...before, ...change } };
    this.requestUpdate();
  }

  private async send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const shown = this.current();
    if (shown === null || this.app === null || this.answering === "busy") return;
    const given = withCorrection(shown.subject, this.app.choice.given[shown.key] ?? emptyConfirmation(shown.subject));
    const missing = [
      ...missingFields(shown.subject, given),
      ...(lacksReason(shown.subject, given) ? ["correct-reason"] : []),
    ];
    this.tried = true;
    if (noneChecked(shown.subject, given)) {
      await this.updateComplete;
      this.querySelector<HTMLElement>(".patients input")?.focus();
      return;
    }
    if (missing.length > 0) {
      await this.updateComplete;
      leadTo(this.querySelector(`#${missing[0]}`));
      return;
    }
    if (shown.draft !== null) sendDraft(this.app, shown.draft, given);
    else if (shown.asked !== null) {
      const { queue } = this.app;
      if (!(await this.answer(shown.key, sendAsked(queue, this.target, shown.asked, given)))) return;
    }
    this.tried = false;
    this.requestUpdate();
    if (shown.total === 1) {
      announce(say(this.app.queue.link.state === "offline" ? "saved_offline" : "saved_now"));
      go("progress", "", "replace");
      return;
    }
    await this.updateComplete;
    this.heading.focus();
    scrollTo(0, 0);
  }
  private move(by: number): void {
    if (this.app === null) return;
    this.app.choice.step += by;
    this.tried = false;
    this.requestUpdate();
    void this.updateComplete.then(() => this.heading.focus());
  }
  /** @returns whether the box took it; where not, the page says so beside the button */
  private async answer(uid: string, told: Promise<void>): Promise<boolean> {
    this.answering = "busy";
    const taken = await told.then(
      () => true,
      () => false,
    );
    this.answering = taken ? "" : "failed";
    if (taken) this.answered = new Set([...this.answered, uid]);
    return taken;
  }
  private async reject(uid: string, reason: string): Promise<void> {
    if (this.app === null || !(await this.answer(uid, this.app.queue.reject(this.target, uid, reason)))) return;
    if (this.current() === null) go("progress", "", "replace");
    else this.requestUpdate();
  }

  private notices(subject: Subject, given: Confirmation): TemplateResult[] {
    const checks = [
      ...(subject.kind === "pictures" ? [say("identity_needed")] : []),
      ...subject.warnings.filter((code) => code !== "patient_missing" || given.patientID !== "").map(warningText),
      ...(differsHere(subject, this.app?.session.visit?.order ?? null) ? [say("order_differs_here")] : []),
      ...checksOf(subject, given, this.now).map(({ word, filling }) => say(word, filling)),
      ...(this.room !== null && subject.bytes > this.room
        ? [say("no_room", { room: size(this.room), need: size(subject.bytes) })]
        : []),
    ];
    return checks.map((text) => html`<notice-box tone="warn" .text=${text}></notice-box>`);
  }
  private askBefore(uid: string): void {
    this.sentBefore.set(uid, null); // asked once
    void this.app?.queue.deliveredBefore(uid).then((before) => {
      this.sentBefore.set(uid, before);
      this.requestUpdate();
    });
  }
  private duplicate(key: string, subject: Subject, given: Confirmation): TemplateResult | typeof nothing {
    const before = this.target === "" ? this.sentBefore.get(subject.studyInstanceUID) : null;
    if (before === undefined) this.askBefore(subject.studyInstanceUID);
    if (before === undefined || before === null) return nothing;
    const text = say("duplicate", { when: moment(before.at), n: before.imageCount });
    return html`<notice-box tone="warn" .text=${text} .action=${say("show_it")} @act=${() => go("activity")}></notice-box>
      <label class="field"><span>${say("resend_reason")}</span>
        <input maxlength="256" autocomplete="off" .value=${given.resendReason} @input=${(event: Event) => {
          if (event.target instanceof HTMLInputElement) this.change(key, given, { resendReason: event.target.value });
        }} /></label>`;
  }
  private stepper(step: number, total: number): TemplateResult | typeof nothing {
    if (total === 1) return nothing;
    return html`<div class="row">
      <button type="button" class="button" ?disabled=${step === 0} @click=${() => this.move(-1)}>${say("previous")}</button>
      <button type="button" class="button" ?disabled=${step === total - 1} @click=${() => this.move(1)}>${say("next")}</button>
    </div>`;
  }
  /** What stands beside Send and describes it. */
  private beside(given: Confirmation, step: number, total: number): TemplateResult | typeof nothing {
    const stat = given.serviceLevel === "stat";
    if (!stat && total === 1) return nothing;
    return html`<p id="send-what" class="beside">
      ${stat ? html`<span class="badge">${say("stat")}</span>` : nothing}
      ${total > 1 ? say("step_of", { n: step + 1, total }) : nothing}
    </p>`;
  }
  private pictures(draft: DraftStudy): TemplateResult {
    return html`<picture-list .files=${draft.files} @pictures=${(event: CustomEvent<readonly ChosenFile[]>) => {
      this.app?.choice.change(draft.id, event.detail);
      this.requestUpdate();
    }}></picture-list>`;
  }
  private correcting(
    key: string,
    subject: Subject,
    given: Confirmation,
    lacking: boolean,
  ): TemplateResult | typeof nothing {
    if (!mayCorrect(this.app?.session.person ?? null)) return nothing;
    return html`<correct-patient .subject=${subject} .value=${given} .fields=${correctableFields(subject, lacking)}
      .lacking=${this.tried && lacksReason(subject, given)}
      @given=${(event: CustomEvent<Partial<Confirmation>>) => this.change(key, given, event.detail)}></correct-patient>`;
  }
  /** Of what was chosen here nothing has left the device; what the box asks about is refused there, with a reason. */
  private refuse(draft: DraftStudy | null): void {
    if (draft === null || this.app === null) {
      void this.dialog.open();
      return;
    }
    this.app.choice.drop(draft.id);
    announce(say("looked_at", { what: personName(draft.patientName) || say("a_study") }));
    if (this.app.choice.drafts.length === 0) go("send", "", "replace");
    else this.move(0);
  }
  private copyEarlier(key: string, given: Confirmation): void {
    const title = earlierToday(this.app?.queue.studies ?? [], this.now);
    if (title === undefined) return;
    const { patientName, patientID, patientBirthDate } = title;
    this.change(key, given, { patientName, patientID, patientBirthDate });
  }

  protected override render(): TemplateResult | typeof nothing {
    const shown = this.current();
    if (this.app === null) return nothing;
    if (shown === null)
      return html`<div class="page"><h1>${say("confirm_title")}</h1>
        <notice-box text=${say("nothing_to_confirm")} .action=${say("add_study")} @act=${() => go("send")}></notice-box></div>`;
    const { key, subject, asked, step, total } = shown;
    const given = this.app.choice.given[key] ?? emptyConfirmation(subject);
    const lacking =
      asked !== null && (subject.patientID === "" || subject.patientName === "" || subject.patientBirthDate === "");
    return html`<form class="page confirm" novalidate @submit=${this.send}>
      <div class="title"><h1 tabindex="-1">${say("confirm_title")}</h1>${asked === null ? this.stepper(step, total) : nothing}</div>
      ${asked === null ? nothing : html`<notice-box tone="warn" .text=${say(lacking ? "identity_missing_here" : "asked_by_box")}></notice-box>`}
      <div class="panes">
        <div>
          <identity-card .subject=${subject} .checked=${given.patients ?? []} @patients=${(event: CustomEvent<readonly string[]>) => this.change(key, given, { patients: event.detail })} @refuse=${() => this.refuse(shown.draft)}></identity-card>
          ${shown.draft?.kind === "pictures" ? this.pictures(shown.draft) : nothing}
          ${this.correcting(key, subject, given, lacking)} ${this.notices(subject, given)} ${this.duplicate(key, subject, given)}
        </div>
        <div>
          <confirm-fields .value=${given} .identity=${subject.kind === "pictures" ? identityFields : lacking ? identityFields.filter((field) => subject[field] === "") : []} .extras=${asked === null}
            .missing=${this.tried ? missingFields(subject, given) : []}
            .earlier=${earlierToday(this.app.queue.studies, this.now) !== undefined}
            @copy-earlier=${() => this.copyEarlier(key, given)}
            @given=${(event: CustomEvent<Partial<Confirmation>>) => this.change(key, given, event.detail)}></confirm-fields>
        </div>
      </div>
      <div class="bar">
        ${this.answering === "failed" ? html`<p class="problem" role="alert">${say(this.app.session.visit?.order ? "e_order_differs" : "not_answered")}</p>` : nothing}
        ${this.tried && noneChecked(subject, given) ? html`<p class="problem" role="alert">${say("tick_one")}</p>` : nothing}
        ${this.beside(given, step, total)}
        <button class="button primary" data-primary aria-describedby="send-what"
          aria-disabled=${this.answering === "busy" ? "true" : nothing}>${say("send")}</button>
      </div>
      <ask-dialog .heading=${say("reject_title")} .text=${say("reject_text")} .reason=${say("reason")} .yes=${say("leave_out")} .no=${say("back")}
        @yes=${(event: CustomEvent<string>) => void this.reject(key, event.detail)}></ask-dialog>
    </form>`;
  }
}
