import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../core/app.ts";
import { size } from "../core/format.ts";
import { go } from "../core/router.ts";
import { titleOf } from "../core/study-words.ts";
import { say } from "../core/text.ts";
import type { ChosenFile, Queue, QueuedStudy } from "../queue/types.ts";
import { AppElement } from "./app-element.ts";
import "./file-chooser.ts";
import "./notice-box.ts";
import "./patient-name.ts";

/** Takes the files of a study that this device lost or that changed: only the very same ones. */
@customElement("rechoose-files")
export class RechooseFiles extends AppElement {
  @property({ attribute: false }) queue: Queue | null = null;
  @property({ attribute: false }) study: QueuedStudy | null = null;
  @state() private progress: { readonly done: number; readonly total: number } | null = null;
  @state() private problem = "";
  private stop = new AbortController();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop.abort();
  }

  private async take(files: readonly ChosenFile[]): Promise<void> {
    if (this.queue === null || this.study === null) return;
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.problem = "";
    this.progress = { done: 0, total: 0 };
    const step = (done: number, total: number): void => {
      this.progress = { done, total };
    };
    try {
      const { found, missing } = await this.queue.rechoose(this.study.id, files, step, signal);
      if (signal.aborted) return;
      if (found === 0) this.fail(say("rechoose_none"));
      else {
        if (missing > 0) announce(say("rechoose_some", { found, missing }));
        go("progress", "", "replace");
      }
    } catch {
      if (!signal.aborted) this.fail(say("scan_failed"));
    } finally {
      this.progress = null;
    }
  }
  private fail(text: string): void {
    this.problem = text;
    announce(text);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { study, progress } = this;
    if (study === null) return nothing;
    return html`<section class="card"><h2 dir="auto"><patient-name .name=${study.title.patientName} .otherwise=${titleOf(study)}></patient-name></h2><p>${say("rechoose_text")}</p></section>
      ${this.problem === "" ? nothing : html`<notice-box tone="bad" .text=${this.problem}></notice-box>`}
      ${
        progress === null
          ? html`<file-chooser name=${say("choose_files")} @chosen=${(event: CustomEvent<readonly ChosenFile[]>) => void this.take(event.detail)}></file-chooser>`
          : html`<section class="card">
            <p id="compare">${say("comparing", { done: size(progress.done), total: size(progress.total) })}</p>
            <progress max=${Math.max(1, progress.total)} .value=${progress.done} aria-labelledby="compare"></progress>
            <div class="row"><button class="button" @click=${() => this.stop.abort()}>${say("cancel")}</button></div>
          </section>`
      }`;
  }
}
