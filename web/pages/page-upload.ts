import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { may } from "../../src/contract/permissions.ts";
import { announce } from "../core/app.ts";
import { isHeic } from "../core/chosen.ts";
import { isApple } from "../core/install.ts";
import { go } from "../core/router.ts";
import { scanWords } from "../core/scan-words.ts";
import { faceOf } from "../core/study-state.ts";
import { say } from "../core/text.ts";
import { visitWords } from "../core/visit-words.ts";
import type { ChosenFile, ScanResult } from "../queue/types.ts";
import { QueuePage } from "./queue-page.ts";
import "../elements/file-chooser.ts";
import "../elements/found-list.ts";
import "../elements/notice-box.ts";
import "../elements/rechoose-files.ts";
import type { FileChooser } from "../elements/file-chooser.ts";

/** Screen 1: choose files. What is readable goes on to Confirm by itself; the page stays only where something needs a decision. */
@customElement("page-upload")
export class PageUpload extends QueuePage {
  @state() private progress: { readonly done: number; readonly total: number } | null = null;
  @state() private problem = "";
  @state() private found: ScanResult | null = null;
  private last: readonly ChosenFile[] = [];
  @query("file-chooser") private chooser!: FileChooser | null;
  private stopScan = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("app-changed", this.takeWaiting);
    const { result = null, drafts = [] } = this.app?.choice ?? {};
    if (result !== null && drafts.length > 0) this.found = { ...result, studies: drafts }; // back from Confirm: what is not sent yet is still here
    this.takeWaiting();
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("app-changed", this.takeWaiting);
    this.stopScan.abort();
  }
  /** What another app shared with this one. */
  private readonly takeWaiting = (): void => {
    const waiting = this.app?.choice.waiting ?? [];
    if (this.app === null || waiting.length === 0) return;
    this.app.choice.waiting = [];
    void this.look(waiting);
  };

  /** @param files copied already: an input's own list is emptied */
  private async look(files: readonly ChosenFile[]): Promise<void> {
    if (this.app === null) return;
    this.stopScan.abort(); // the newest choice counts
    this.found = null;
    this.problem = "";
    this.last = files;
    if (files.every(isHeic)) {
      this.fail(say("heic"));
      return;
    }
    this.stopScan = new AbortController();
    const { signal } = this.stopScan;
    this.progress = { done: 0, total: files.length };
    try {
      const result = await this.app.queue.scan(
        files,
        (done, total) => signal.aborted || this.step(done, total),
        signal,
      );
      if (!signal.aborted) this.take(result, files);
    } catch {
      if (!signal.aborted) this.fail(say("scan_failed"));
    } finally {
      if (this.stopScan.signal === signal) this.progress = null;
    }
  }
  private step(done: number, total: number): void {
    this.progress = { done, total };
  }
  private fail(text: string): void {
    this.problem = text;
    announce(text);
  }
  private take(result: ScanResult, files: readonly ChosenFile[]): void {
    if (this.app === null) return;
    if (result.studies.length === 0) {
      const zip = files.length === 1 && /\.(zip|rar|7z)$/i.test(files[0]?.name ?? "");
      if (result.unreadable.length > 0) this.fail(say("scan_failed"));
      else this.fail(say(zip ? "nothing_found" : "nothing_found_files"));
      return;
    }
    this.app.choice.take(result);
    if (this.tooMany() || scanWords(result).some(({ decide }) => decide)) this.found = result;
    else go("confirm");
  }

  /** A guest's code is good for one study. */
  private tooMany(): boolean {
    return this.app?.session.person?.role === "guest" && this.app.choice.drafts.length > 1;
  }
  private decision(result: ScanResult): TemplateResult {
    const unreadable = result.unreadable.length > 0;
    return html`<section class="card" aria-labelledby="found">
      <h2 id="found">${say("found_title")}</h2>
      ${scanWords(result).map(({ text, tone }) => html`<notice-box .text=${text} .tone=${tone}></notice-box>`)}
      ${unreadable && this.last.some(isHeic) ? html`<notice-box tone="warn" .text=${say("heic")}></notice-box>` : nothing}
      ${this.tooMany() ? html`<notice-box tone="warn" .text=${say("guest_one_only")}></notice-box>` : nothing}
      <found-list .drafts=${this.app?.choice.drafts ?? []} @drop=${(event: CustomEvent<string>) => {
        this.app?.choice.drop(event.detail);
        this.requestUpdate();
      }}></found-list>
      ${
        unreadable
          ? html`<details><summary>${say("unreadable_list")}</summary><ul class="plain">${result.unreadable.slice(0, 200).map((name) => html`<li dir="auto">${name}</li>`)}</ul></details>`
          : nothing
      }
      <div class="row">
        ${unreadable ? html`<button class="button" @click=${() => void this.look(this.last)}>${say("try_again")}</button>` : nothing}
        <button class="button" @click=${() => this.again()}>${say("choose_again")}</button>
      </div>
    </section>
      <div class="bar"><button class="button primary" data-primary ?disabled=${this.tooMany()} @click=${() => go("confirm")}>${say(unreadable ? "continue_without" : "review")}</button></div>
    `;
  }
  private again(): void {
    this.found = null;
    this.problem = "";
    void this.updateComplete.then(() => this.chooser?.choose());
  }
  private scanning({ done, total }: { readonly done: number; readonly total: number }): TemplateResult {
    return html`<section class="card">
      <p id="scan">${say("scanning", { n: total, done })}</p>
      <progress max=${Math.max(1, total)} .value=${done} aria-labelledby="scan"></progress>
      <div class="row"><button class="button" @click=${() => this.stopScan.abort()}>${say("cancel")}</button></div>
    </section>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.app === null) return nothing;
    const { queue, session } = this.app;
    const lost = queue.studies.find(({ id, cause }) => id === this.target && cause === "files_gone");
    if (lost !== undefined)
      return html`<div class="page upload"><h1>${say("rechoose_title")}</h1>
        <rechoose-files class="page" .queue=${queue} .study=${lost}></rechoose-files></div>`;
    const open = queue.studies.filter((study) => faceOf(study).shelf !== "done").length;
    const offline = queue.link.state === "offline";
    const { person, visit } = session;
    const guest = person?.role === "guest";
    const allowed = guest ? queue.studies.length === 0 : person === null || may(person.role, "send");
    return html`<div class="page upload">
      <h1>${say("upload_title")}</h1>
      ${allowed ? html`<p class="lead">${say(queue.studies.length === 0 ? "upload_empty" : "upload_lead")}</p>` : nothing}
      ${visit === null ? nothing : html`<notice-box tone="quiet" .text=${visitWords(visit, person?.username ?? "")}></notice-box>`}
      ${offline ? html`<notice-box tone="warn" .text=${say(isApple ? "upload_offline_ios" : "upload_offline")}></notice-box>` : nothing}
      ${this.problem === "" ? nothing : html`<notice-box tone="bad" .text=${this.problem} .action=${say("choose_again")} @act=${() => this.again()}></notice-box>`}
      ${open > 0 ? html`<notice-box tone="busy" .text=${`${say("unfinished", { n: open })}. ${say("unfinished_text")}`} .action=${say("show_progress")} @act=${() => go("progress")}></notice-box>` : nothing}
      ${this.progress === null ? nothing : this.scanning(this.progress)}
      ${this.found === null ? nothing : this.decision(this.found)}
      ${
        !allowed
          ? html`<notice-box tone="quiet" .text=${say(guest ? "guest_one_sent" : "cannot_send")}></notice-box>`
          : this.progress !== null || this.found !== null
            ? nothing
            : html`<file-chooser @chosen=${(event: CustomEvent<readonly ChosenFile[]>) => void this.look(event.detail)}></file-chooser>`
      }
    </div>`;
  }
}
