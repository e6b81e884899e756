import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { StudyView, UploadSummary } from "../../src/contract/status.ts";
import type { App } from "../core/app.ts";
import { codeSentence } from "../core/code-words.ts";
import { moment, personName } from "../core/format.ts";
import { atBoxFace } from "../core/study-state.ts";
import { ownWords, say } from "../core/text.ts";
import { AppElement } from "../elements/app-element.ts";
import { icon } from "../elements/icons.ts";
import { toneIcon } from "../elements/notice-box.ts";
import "../elements/delivery-row.ts";
import "../elements/patient-name.ts";

/** Two texts that nobody else needs come with their page. */
const tell = await ownWords(
  { all_title: "All studies", all_older: "Show older ones" },
  {
    de: async () => ({ all_title: "Alle Studien", all_older: "Ältere zeigen" }),
    fr: async () => ({ all_title: "Tous les examens", all_older: "Afficher les plus anciens" }),
  },
);
/** So often what is new is asked for, as long as nobody has gone back to what is older. */
const againMs = 15_000;

/** All uploads of the box with where each stands, newest first, for those who see everything and send nothing (CONTRACT §3). */
@customElement("box-uploads")
export class BoxUploads extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  @state() private uploads: readonly UploadSummary[] | null = null;
  @state() private next: string | null = null;
  @state() private failed = false;
  @state() private wanted = "";
  private older = false;
  private reading = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => {
      if (!this.older && !document.hidden) void this.read(null);
    }, againMs);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }
  protected override firstUpdated(): void {
    void this.read(null);
  }

  /** @param cursor null: the newest, in place of all that is shown */
  private async read(cursor: string | null): Promise<void> {
    if (this.app === null || this.reading) return;
    this.reading = true;
    try {
      const page = await this.app.allUploads(cursor);
      this.uploads = cursor === null ? page.uploads : [...(this.uploads ?? []), ...page.uploads];
      this.older = cursor !== null;
      this.next = page.next_cursor;
      this.failed = false;
    } catch {
      this.failed = true;
    } finally {
      this.reading = false;
    }
  }
  private isWanted({ studies }: UploadSummary): boolean {
    const text = studies.flatMap((it) => [
      personName(it.patient_name ?? ""),
      it.patient_id,
      it.study_description,
      ...it.modalities,
    ]);
    return text.join(" ").toLowerCase().includes(this.wanted.trim().toLowerCase());
  }

  private study(study: StudyView): TemplateResult {
    const facts = [study.patient_id, study.modalities.join(", "), study.study_description];
    return html`<header>
        <h2 dir="auto"><patient-name .name=${study.patient_name ?? ""} .otherwise=${say("no_name")}></patient-name></h2>
        ${study.service_level === "stat" ? html`<span class="badge">${say("stat")}</span>` : nothing}
        <p class="hint">${[...facts, say("images", { n: study.instance_count })].filter(Boolean).join(" · ")}</p>
      </header>
      ${study.deliveries.map((delivery) => html`<delivery-row .delivery=${delivery}></delivery-row>`)}`;
  }
  private upload(it: UploadSummary): TemplateResult {
    const { title, tone } = atBoxFace(it.state);
    const percent = it.state === "receiving" ? ` · ${it.progress_percent} %` : "";
    return html`<article class="card study ${tone}">
      ${it.studies.length === 0 ? html`<header><h2>${say("a_study")}</h2></header>` : it.studies.map((study) => this.study(study))}
      <p class="state">${icon(toneIcon(tone))}<strong>${say(title)}${percent}</strong></p>
      ${it.error === null ? nothing : html`<p class="hint">${codeSentence(it.error.code, it.error.message)}</p>`}
      <p class="hint">${moment(Date.parse(it.created_at))}</p>
    </article>`;
  }

  protected override render(): TemplateResult {
    const { uploads, next } = this;
    const shown = uploads?.filter((it) => this.isWanted(it)) ?? [];
    return html`<div class="page">
      <h1>${tell("all_title")}</h1>
      ${this.failed ? html`<notice-box tone="warn" .text=${say("c_network")} .action=${say("try_again")} @act=${() => void this.read(null)}></notice-box>` : nothing}
      <div class="filters"><input type="search" data-key="/" aria-label=${say("search")} placeholder=${say("search")} autocomplete="off" .value=${this.wanted}
        @input=${(event: Event) => {
          if (event.target instanceof HTMLInputElement) this.wanted = event.target.value;
        }} /></div>
      ${uploads !== null && shown.length === 0 ? html`<div class="empty">${icon("activity")}<p>${say("nothing_here")}</p></div>` : nothing}
      <div class="cards">${repeat(
        shown,
        (it) => it.upload_id,
        (it) => this.upload(it),
      )}</div>
      ${next === null ? nothing : html`<button class="button" @click=${() => void this.read(next)}>${tell("all_older")}</button>`}
    </div>`;
  }
}
