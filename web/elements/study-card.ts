import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { codeSentence } from "../core/code-words.ts";
import { type Action, deliveriesOf, faceOf, isOnItsWay, percentOf, stageOf } from "../core/study-state.ts";
import { amounts, itRows, sentenceOf, since, timeline, titleOf } from "../core/study-words.ts";
import { say, type Word } from "../core/text.ts";
import type { QueuedStudy } from "../queue/types.ts";
import { AppElement } from "./app-element.ts";
import { icon } from "./icons.ts";
import { toneIcon } from "./notice-box.ts";
import "./delivery-row.ts";
import "./it-details.ts";
import "./patient-name.ts";
import "./stage-track.ts";

const actionWords: Record<Action, Word> = {
  pause: "pause",
  resume: "resume",
  try_now: "try_now",
  retry: "send_again",
  accept: "accept",
  check: "check_now",
  sign_in: "sign_in_again",
  choose: "choose_files",
  cancel: "cancel",
  receipt: "show_receipt",
  remove: "remove",
};
/** What moves a stuck study on stands out. */
const strong: ReadonlySet<Action> = new Set(["check", "sign_in", "choose", "retry", "try_now", "resume"]);

/** A study on its way: stages, bar, a row per destination, what can be done. Tells `action` with its name. */
@customElement("study-card")
export class StudyCard extends AppElement {
  @property({ attribute: false }) study: QueuedStudy | null = null;
  /** Milliseconds since 1970, for what counts down. */
  @property({ type: Number }) now = 0;

  private actions(study: QueuedStudy, named: string): TemplateResult {
    return html`<div class="row actions">
      ${faceOf(study).actions.map(
        (action) => html`<button
          class="button ${strong.has(action) ? "strong" : ""}"
          aria-describedby=${named}
          data-key=${action === "pause" || action === "resume" ? "p" : nothing}
          @click=${() => this.tell<Action>("action", action)}
        >${say(actionWords[action])}</button>`,
      )}
    </div>`;
  }

  private notes(study: QueuedStudy): TemplateResult | typeof nothing {
    const notes = study.status?.warnings ?? [];
    if (notes.length === 0) return nothing;
    return html`<details><summary>${say("warnings", { n: notes.length })}</summary>
      <ul class="plain">${notes.slice(0, 50).map((note) => html`<li dir="auto">${note.file_name === undefined ? nothing : html`<code>${note.file_name}</code> `}${codeSentence(note.code, note.message)}</li>`)}</ul>
    </details>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const study = this.study;
    if (study === null) return nothing;
    const face = faceOf(study);
    const named = `study-${study.id}`;
    const error = study.error ?? study.status?.error ?? null;
    const troubled = face.tone === "bad" || face.tone === "warn";
    return html`<article class="card study ${face.tone}" aria-labelledby=${named}>
      <header>
        <h2 id=${named} dir="auto"><patient-name .name=${study.title.patientName} .otherwise=${titleOf(study)}></patient-name></h2>
        ${study.serviceLevel === "stat" ? html`<span class="badge">${say("stat")}</span>` : nothing}
        <p class="hint">${[study.title.modalities.join(", "), study.title.description, since(study)].filter(Boolean).join(" · ")}</p>
      </header>
      ${
        isOnItsWay(study)
          ? html`<stage-track .stage=${stageOf(study)}></stage-track>
            <progress max="100" .value=${percentOf(study)} aria-label=${say("upload_progress", { study: titleOf(study) })}></progress>`
          : nothing
      }
      <p class="state">${icon(toneIcon(face.tone))}<strong>${say(face.title)}</strong></p>
      <p>${sentenceOf(study, this.now)}</p>
      ${troubled && error !== null ? html`<p class="hint">${codeSentence(error.code, error.message)}</p>` : nothing}
      ${!isOnItsWay(study) || stageOf(study) > 1 ? nothing : html`<p class="hint numbers">${amounts(study)}</p>`}
      ${deliveriesOf(study).map((delivery) => html`<delivery-row .delivery=${delivery}></delivery-row>`)}
      ${this.actions(study, named)} <p class="hint timeline">${timeline(study)}</p> ${this.notes(study)}
      <it-details .rows=${itRows(study)}></it-details>
    </article>`;
  }
}
