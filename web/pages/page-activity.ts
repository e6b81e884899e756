import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { actOn } from "../core/acting.ts";
import { announce } from "../core/app.ts";
import { personName } from "../core/format.ts";
import { go } from "../core/router.ts";
import { allows } from "../core/shown-page.ts";
import { type Action, faceOf, type Shelf } from "../core/study-state.ts";
import { say, type Word } from "../core/text.ts";
import type { AskDialog } from "../elements/ask-dialog.ts";
import { icon } from "../elements/icons.ts";
import type { QueuedStudy } from "../queue/types.ts";
import { QueuePage } from "./queue-page.ts";
import "../elements/ask-dialog.ts";
import "../elements/notice-box.ts";
import "../elements/study-card.ts";

const shelves: readonly { shelf: Shelf; word: Word }[] = [
  { shelf: "active", word: "active" },
  { shelf: "needs_you", word: "needs_you" },
  { shelf: "done", word: "done" },
];

/** Everything this device sent: on its way, waiting for the person, done. Who sees all and sends nothing is shown all. */
@customElement("page-activity")
export class PageActivity extends QueuePage {
  @state() private shelf: Shelf | null = null;
  @state() private wanted = "";
  @state() private stopping: QueuedStudy | null = null;
  @query("ask-dialog") private dialog!: AskDialog;

  private isWanted(study: QueuedStudy): boolean {
    const text = [
      personName(study.title.patientName),
      study.title.patientID,
      study.title.description,
      study.title.modalities.join(" "),
    ].join(" ");
    return text.toLowerCase().includes(this.wanted.trim().toLowerCase());
  }
  private act(study: QueuedStudy, action: Action): void {
    if (this.app === null) return;
    if (action !== "cancel") {
      actOn(this.app, study, action);
      return;
    }
    this.stopping = study;
    void this.dialog.open();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.app === null) return nothing;
    const { person } = this.app.session;
    if (allows(person, "see_all") && !allows(person, "send")) {
      void import("../study/box-uploads.ts");
      return html`<box-uploads .app=${this.app}></box-uploads>`;
    }
    const { queue } = this.app;
    const studies = queue.studies.filter((study) => this.isWanted(study)).sort((a, b) => b.createdAt - a.createdAt);
    const on = (shelf: Shelf) => studies.filter((study) => faceOf(study).shelf === shelf);
    // what needs the person comes first, then what moves, then the rest
    const shown =
      this.shelf ?? (["needs_you", "active", "done"] as const).find((shelf) => on(shelf).length > 0) ?? "active";
    const list = on(shown);
    return html`<div class="page">
      <h1>${say("activity_title")}</h1>
      ${queue.link.state === "offline" ? html`<notice-box tone="warn" .text=${say("activity_offline")}></notice-box>` : nothing}
      ${
        queue.studies.length === 0
          ? html`<div class="empty">${icon("activity")}<p>${say("nothing_sent")}</p>
            <button class="button strong" @click=${() => go("send")}>${say("add_study")}</button></div>`
          : html`<div class="filters">
            <div class="choices" role="group" aria-label=${say("activity_title")}>
              ${shelves.map(
                ({ shelf, word }) =>
                  html`<button class="button" aria-pressed=${shelf === shown} @click=${() => {
                    this.shelf = shelf;
                    announce(`${say(word)}: ${on(shelf).length}`);
                  }}>${say(word)} <span class="count">${on(shelf).length}</span></button>`,
              )}
            </div>
            <input type="search" data-key="/" aria-label=${say("search")} placeholder=${say("search")} autocomplete="off" .value=${this.wanted}
              @input=${(event: Event) => {
                if (event.target instanceof HTMLInputElement) this.wanted = event.target.value;
              }} />
          </div>
          ${list.length === 0 ? html`<div class="empty">${icon(shown === "needs_you" ? "check" : "activity")}<p>${say("nothing_here")}</p></div>` : nothing}
          <div class="cards">
            ${repeat(
              list.slice(0, 100),
              ({ id }) => id,
              (study) =>
                html`<study-card .study=${study} .now=${this.now} @action=${(event: CustomEvent<Action>) => this.act(study, event.detail)}></study-card>`,
            )}
          </div>`
      }
      <ask-dialog .heading=${say("cancel_title")} .text=${say("cancel_text")} .yes=${say("stop")} .no=${say("keep_sending")}
        @yes=${() => this.stopping !== null && void queue.cancel(this.stopping.id)}></ask-dialog>
    </div>`;
  }
}
