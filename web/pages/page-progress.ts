import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { actOn } from "../core/acting.ts";
import { announce } from "../core/app.ts";
import { canInstall, install } from "../core/install.ts";
import { go } from "../core/router.ts";
import { staysOn } from "../core/staying-awake.ts";
import { type Action, faceOf } from "../core/study-state.ts";
import { say } from "../core/text.ts";
import type { AskDialog } from "../elements/ask-dialog.ts";
import { icon } from "../elements/icons.ts";
import type { QueuedStudy } from "../queue/types.ts";
import { QueuePage } from "./queue-page.ts";
import "../elements/ask-dialog.ts";
import "../elements/notice-box.ts";
import "../elements/study-card.ts";

/** A study that ended stays on this screen so long, milliseconds: the person who sent it sees how. */
const lingers = 3_600_000;
/** So long it says that it goes on, milliseconds. */
const wokenMs = 15_000;
const rank = (study: QueuedStudy): number =>
  (study.serviceLevel === "stat" ? 0 : 1) + (faceOf(study).shelf === "done" ? 2 : 0);

/** Screen 3: what is on its way, urgent first. */
@customElement("page-progress")
export class PageProgress extends QueuePage {
  @state() private stopping: QueuedStudy | null = null;
  @query("ask-dialog") private dialog!: AskDialog;

  /** Until when it says that it goes on after the screen was locked. */
  @state() private wokenUntil = 0;
  private readonly woken = (): void => {
    this.wokenUntil = Date.now() + wokenMs;
    announce(say("woken"));
    setTimeout(() => {
      this.now = Date.now();
    }, wokenMs + 1);
  };

  private readonly changed = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("app-woken", this.woken);
    addEventListener("app-changed", this.changed);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("app-woken", this.woken);
    removeEventListener("app-changed", this.changed);
  }

  private act(study: QueuedStudy, action: Action): void {
    if (this.app === null) return;
    if (action === "cancel") {
      this.stopping = study;
      void this.dialog.open();
    } else actOn(this.app, study, action);
  }
  private shown(studies: readonly QueuedStudy[]): QueuedStudy[] {
    const recent = (study: QueuedStudy) =>
      study.id === this.target || this.now - (study.finishedAt ?? this.now) < lingers;
    return studies
      .filter((study) => faceOf(study).shelf !== "done" || recent(study))
      .sort((a, b) => rank(a) - rank(b) || b.createdAt - a.createdAt);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.app === null) return nothing;
    const { queue, choice } = this.app;
    const studies = this.shown(queue.studies);
    return html`<div class="page">
      <h1>${say("progress_title")}</h1>
      ${choice.notSaved > 0 ? html`<notice-box tone="bad" .text=${say("not_saved")} .action=${say("choose_again")} @act=${() => this.again()}></notice-box>` : nothing}
      ${this.wokenUntil > Date.now() ? html`<notice-box tone="busy" .text=${say("woken")}></notice-box>` : nothing}
      ${staysOn() ? html`<p class="hint">${say("x_awake")}</p>` : nothing}
      ${
        canInstall() && studies.some((study) => faceOf(study).title === "st_delivered")
          ? html`<notice-box .text=${say("install_text")} .action=${say("install")} @act=${() => void install()}></notice-box>`
          : nothing
      }
      ${studies.length === 0 ? html`<div class="empty">${icon("check")}<p>${say("nothing_active")}</p></div>` : nothing}
      <div class="cards">
        ${repeat(
          studies,
          ({ id }) => id,
          (study) =>
            html`<study-card .study=${study} .now=${this.now} @action=${(event: CustomEvent<Action>) => this.act(study, event.detail)}></study-card>`,
        )}
      </div>
      <div class="bar"><button class="button primary" data-primary @click=${() => go("send")}>${say("send_another")}</button></div>
      <ask-dialog .heading=${say("cancel_title")} .text=${say("cancel_text")} .yes=${say("stop")} .no=${say("keep_sending")}
        @yes=${() => this.stopping !== null && void queue.cancel(this.stopping.id)}></ask-dialog>
    </div>`;
  }
  private again(): void {
    if (this.app !== null) this.app.choice.notSaved = 0;
    go("send");
  }
}
