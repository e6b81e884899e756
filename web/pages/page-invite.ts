import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import type { InvitationList, InvitationMade, InvitationView } from "../../src/contract/invitation.ts";
import { announce } from "../core/app.ts";
import { keepFocus } from "../core/focus.ts";
import { duration, moment } from "../core/format.ts";
import { say } from "../core/text.ts";
import { QueuePage } from "./queue-page.ts";
import "../elements/copy-button.ts";
import "../elements/notice-box.ts";

/** How long a code is good for, minutes. */
const choices = [5, 15, 60, 240] as const;
/** How often the box is asked whether it was used, milliseconds. */
const lookMs = 3000;

/** Staff: a code for one device without an account, large enough to be scanned at arm's length. */
@customElement("page-invite")
export class PageInvite extends QueuePage {
  @state() private made: InvitationMade | null = null;
  @state() private list: InvitationList = { invitations: [], destination_ids: [] };
  @state() private problem = "";
  @state() private busy = false;
  @query("form") private form!: HTMLFormElement | null;
  private looking: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.looking = setInterval(() => void this.look(), lookMs);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.looking);
  }
  protected override firstUpdated(changed: PropertyValues): void {
    super.firstUpdated(changed);
    void this.look();
  }
  protected override counts(): boolean {
    return this.made !== null;
  }

  private async look(): Promise<void> {
    this.list = (await this.app?.inviting.list().catch(() => undefined)) ?? this.list;
  }
  private present(): InvitationView | undefined {
    return this.list.invitations.find(({ invitation_id }) => invitation_id === this.made?.invitation_id);
  }
  /** Does a thing at the box, and says so where it did not work. */
  private async atBox(deed: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    const pressed = document.activeElement;
    this.busy = true;
    this.problem = "";
    await deed().catch(() => {
      this.problem = say("invite_failed");
    });
    this.busy = false;
    await this.look();
    await this.updateComplete;
    keepFocus(pressed);
  }
  private submit(event: Event): void {
    event.preventDefault();
    if (this.form === null) return;
    const given = new FormData(this.form);
    const text = (name: string) => String(given.get(name) ?? "").trim();
    const filled = (name: string, value: string) => (value === "" ? {} : { [name]: value });
    const expected = {
      ...filled("patient_id", text("patient_id")),
      ...filled("patient_birth_date", text("patient_birth_date").replaceAll("-", "")),
      ...filled("accession_number", text("accession_number")),
    };
    void this.atBox(async () => {
      this.made =
        (await this.app?.inviting.make({
          ...filled("label", text("label")),
          ...filled("destination_id", text("destination_id")),
          expires_in_minutes: Number(text("minutes")),
          ...(Object.keys(expected).length === 0 ? {} : { expected }),
        })) ?? null;
      this.now = Date.now();
    });
  }
  private end(id: string): void {
    void this.atBox(async () => {
      await this.app?.inviting.stop(id);
      announce(say("invite_stopped"));
    });
  }

  private asking(): TemplateResult {
    const field = (name: string, label: string, extra: { type?: string; hint?: string; most?: number } = {}) =>
      html`<label class="field"><span>${label}</span>
        <input name=${name} type=${extra.type ?? "text"} maxlength=${extra.most ?? 64} autocomplete="off" />
        ${extra.hint === undefined ? nothing : html`<span class="hint">${extra.hint}</span>`}</label>`;
    return html`<form class="page" @submit=${this.submit}>
      <section class="card">
        ${field("label", say("invite_label"), { hint: say("invite_label_hint"), most: 128 })}
        <label class="field"><span>${say("invite_destination")}</span>
          <select name="destination_id"><option value="">${say("invite_rules")}</option>
            ${this.list.destination_ids.map((id) => html`<option value=${id}>${id}</option>`)}</select></label>
        <label class="field"><span>${say("invite_minutes")}</span>
          <select name="minutes">${choices.map((n) => html`<option value=${n} ?selected=${n === 15}>${duration(n * 60)}</option>`)}</select></label>
      </section>
      <details class="card"><summary>${say("invite_order")}</summary>
        <p class="hint">${say("invite_order_hint")}</p>
        ${field("patient_id", say("patient_id"))} ${field("patient_birth_date", say("birth_date"), { type: "date" })}
        ${field("accession_number", say("accession"))}
      </details>
      <div class="bar"><button class="button primary" data-primary ?disabled=${this.busy}>${say("invite_show")}</button></div>
    </form>`;
  }

  private showing(made: InvitationMade): TemplateResult {
    const row = this.present();
    const left = Date.parse(made.payload.expires_at) - this.now;
    const open = row?.used_at == null && row?.state !== "ended" && left > 0;
    const words = row?.used_at
      ? say("invite_used", { time: moment(Date.parse(row.used_at)) })
      : open
        ? say("invite_left", { time: duration(left / 1000) })
        : say("invite_over");
    return html`<section class="card code">
        ${open ? html`<img class="qr" alt=${say("invite_qr")} src="data:image/svg+xml,${encodeURIComponent(made.qr_svg)}" /><p>${say("invite_scan")}</p>` : nothing}
        <p class="state"><strong role=${open ? "timer" : "status"}>${words}</strong></p>
        <div class="row">
          ${open ? html`<copy-button look="" .text=${made.url} .label=${say("invite_copy")}></copy-button>` : nothing}
          ${row?.state === "ended" ? nothing : html`<button class="button strong" ?disabled=${this.busy} @click=${() => this.end(made.invitation_id)}>${say("stop")}</button>`}
          <button class="button" @click=${() => {
            this.made = null;
          }}>${say("invite_new")}</button>
        </div>
      </section>`;
  }

  private others(): TemplateResult | typeof nothing {
    const running = this.list.invitations.filter(
      ({ state: at, invitation_id }) => at !== "ended" && invitation_id !== this.made?.invitation_id,
    );
    if (running.length === 0) return nothing;
    return html`<section class="card" aria-labelledby="running"><h2 id="running">${say("invite_running")}</h2>
      <ul class="plain">${running.map(
        (row) => html`<li class="row"><span dir="auto">${row.label || say("invite_unnamed")} ·
          ${
            row.used_at === null
              ? say("invite_waits", { time: moment(Date.parse(row.expires_at)) })
              : say("invite_sends", { time: moment(Date.parse(row.used_at)) })
          }</span>
          <button class="button" ?disabled=${this.busy} aria-label=${`${say("stop")}: ${row.label || say("invite_unnamed")}`}
            @click=${() => this.end(row.invitation_id)}>${say("stop")}</button></li>`,
      )}</ul></section>`;
  }

  protected override render(): TemplateResult {
    return html`<div class="page invite">
      <h1>${say("invite_title")}</h1>
      <p class="lead">${say("invite_lead")}</p>
      ${this.problem === "" ? nothing : html`<notice-box tone="bad" .text=${this.problem}></notice-box>`}
      ${this.made === null ? this.asking() : this.showing(this.made)} ${this.others()}
    </div>`;
  }
}
