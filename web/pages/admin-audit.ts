import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { AuditFormat } from "../../src/contract/audit.ts";
import type { AuditPage, AuditWanted } from "../api/audit.ts";
import { save } from "../core/saving.ts";
import { language, say, type Word } from "../core/text.ts";
import "../admin/admin-nav.ts";
import { eventsEn } from "../locales/events-en.ts";
import "../elements/notice-box.ts";
import { AccountPage } from "./account-page.ts";

type Entry = AuditPage["entries"][number];
type Field = "from" | "to" | "actor" | "event" | "upload_id";

const fields: readonly { name: Field; word: Word; type: "date" | "text" | "event" }[] = [
  { name: "from", word: "audit_from", type: "date" },
  { name: "to", word: "audit_to", type: "date" },
  { name: "actor", word: "audit_who", type: "text" },
  { name: "event", word: "audit_event", type: "event" },
  { name: "upload_id", word: "audit_upload", type: "text" },
];
const files: readonly { format: AuditFormat; name: string; words: string }[] = [
  { format: "jsonl", name: "audit.jsonl", words: "JSON Lines" },
  { format: "csv", name: "audit.csv", words: "CSV" },
  { format: "dicom", name: "audit.xml", words: "DICOM (XML)" },
];

const isEvent = (word: string): word is keyof typeof eventsEn => word in eventsEn;
/** What happened, in words; the code itself where a newer box tells of something else. */
const eventWords = (code: string): string => {
  const word = `ev_${code}`;
  return isEvent(word) ? say(word) : code;
};
const eventCodes = Object.keys(eventsEn).map((word) => word.replace(/^ev_/, ""));

/** A day of the form as the moment it begins or ends here. */
const momentOf = (day: string, ends: boolean): string => {
  const time = new Date(`${day}T${ends ? "23:59:59.999" : "00:00:00"}`);
  return day === "" || Number.isNaN(time.getTime()) ? "" : time.toISOString();
};

/** Who did what: filtered, taken away as a file, and whether all of it is there. */
@customElement("admin-audit")
export class AdminAudit extends AccountPage {
  @state() private page: AuditPage | null = null;
  @state() private entries: readonly Entry[] = [];
  private wanted: AuditWanted = {};

  override connectedCallback(): void {
    super.connectedCallback();
    void this.read();
  }

  private read(cursor = ""): Promise<void> {
    return this.act(async () => {
      const page = await this.app?.audit.read({ ...this.wanted, cursor });
      if (page === undefined) return;
      this.entries = cursor === "" ? page.entries : [...this.entries, ...page.entries];
      this.page = page;
    });
  }
  private filter(event: SubmitEvent): void {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const form = new FormData(event.target);
    const value = (name: Field) => String(form.get(name) ?? "").trim();
    this.wanted = {
      from: momentOf(value("from"), false),
      to: momentOf(value("to"), true),
      actor: value("actor"),
      event: value("event"),
      upload_id: value("upload_id"),
    };
    void this.read();
  }
  private take(format: AuditFormat, name: string): void {
    void this.act(async () => {
      const text = await this.app?.audit.file(format);
      if (text !== undefined) save(name, text);
    });
  }

  private events(): TemplateResult {
    const named = eventCodes.map((code) => ({ code, words: eventWords(code) }));
    named.sort((a, b) => a.words.localeCompare(b.words, language()));
    return html`<select name="event"><option value="">${say("audit_any")}</option>
      ${named.map(({ code, words }) => html`<option value=${code}>${words}</option>`)}</select>`;
  }
  private fact(word: Word, value: string | null): TemplateResult | typeof nothing {
    return value === null || value === "" ? nothing : html`<div><dt>${say(word)}</dt><dd>${value}</dd></div>`;
  }
  private entry(entry: Entry): TemplateResult {
    const time = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "medium" });
    const details = [entry.event, ...Object.entries(entry.details).map(([name, value]) => `${name}: ${value}`)];
    return html`<li class="card">
      <h2>${eventWords(entry.event)}${entry.result === "failure" ? html` <span class="badge">${say("audit_failed")}</span>` : nothing}</h2>
      <p class="hint">${entry.seq} · ${time.format(new Date(entry.time))} · ${entry.actor_name ?? "?"}</p>
      <dl class="facts">
        ${this.fact("audit_address", entry.address)} ${this.fact("audit_upload", entry.upload_id)}
        ${this.fact("audit_study", entry.study)} ${this.fact("audit_reason", entry.reason)}
      </dl>
      <details class="it"><summary>${say("details_it")}</summary><p class="hint" translate="no">${details.join(" · ")}</p></details>
    </li>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { page } = this;
    return html`<div class="page audit"><admin-nav at="audit"></admin-nav>
      <h1>${say("audit_title")}</h1>
      <p class="lead">${say("audit_text")}</p>
      ${this.told()}
      ${
        page === null
          ? nothing
          : html`<notice-box tone=${page.complete ? "good" : "bad"}
              .text=${page.complete ? say("audit_complete") : say("audit_broken", { row: page.first_broken ?? "?" })}></notice-box>`
      }
      <form class="card filter" @submit=${this.filter}>
        ${fields.map(
          ({ name, word, type }) =>
            html`<label class="field"><span>${say(word)}</span>${type === "event" ? this.events() : html`<input name=${name} type=${type} autocomplete="off" spellcheck="false" />`}</label>`,
        )}
        <div class="row"><button class="button strong" ?disabled=${this.busy}>${say("audit_show")}</button></div>
      </form>
      <div class="row" role="group" aria-label=${say("audit_export")}>
        ${files.map(({ format, name, words }) => html`<button class="button" ?disabled=${this.busy} @click=${() => this.take(format, name)}>${say("audit_export")}: ${words}</button>`)}
      </div>
      ${page !== null && this.entries.length === 0 ? html`<p>${say("audit_none")}</p>` : nothing}
      <ol class="cards plain-list">${repeat(
        this.entries,
        ({ seq }) => seq,
        (entry) => this.entry(entry),
      )}</ol>
      ${page === null || page.next_cursor === null ? nothing : html`<div class="row"><button class="button" ?disabled=${this.busy} @click=${() => void this.read(page.next_cursor ?? "")}>${say("audit_older")}</button></div>`}
    </div>`;
  }
}
