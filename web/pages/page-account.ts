import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { announce, type SignIn } from "../core/app.ts";
import { moment } from "../core/format.ts";
import { go } from "../core/router.ts";
import { say } from "../core/text.ts";
import { AccountPage } from "./account-page.ts";
import "../elements/notice-box.ts";

/** The own password, second factor, and where one is signed in. */
@customElement("page-account")
export class PageAccount extends AccountPage {
  @state() private secondFactor: boolean | null = null;
  @state() private sessions: readonly SignIn[] = [];
  @state() private done = "";

  protected override firstUpdated(): void {
    void this.act(() => this.look());
  }
  private async look(): Promise<void> {
    if (this.app === null) return;
    const { account } = this.app;
    [this.secondFactor, this.sessions] = await Promise.all([account.hasSecondFactor(), account.sessions()]);
  }
  private doing(event: Event, words: string, work: () => Promise<void> | undefined): void {
    event.preventDefault();
    const form = event.target instanceof HTMLFormElement ? event.target : null;
    this.done = "";
    void this.act(async () => {
      await work();
      form?.reset();
      this.done = words;
      announce(words);
      await this.look();
    });
  }

  private password(): TemplateResult {
    const change = (event: Event) =>
      this.doing(event, say("password_changed"), () =>
        this.app?.account.changePassword(this.typed("old"), this.typed("new")),
      );
    return html`<section class="card" aria-labelledby="password-title"><h2 id="password-title">${say("password_title")}</h2>
      <form @submit=${change}>
        <input hidden autocomplete="username" .value=${this.app?.session.person?.username ?? ""} />
        ${this.passwordField("old", "password_old", "current-password")}
        ${this.passwordField("new", "password_new", "new-password")}
        <p class="hint">${say("password_hint")}</p>
        <div class="row"><button class="button strong" ?disabled=${this.busy}>${say("password_change")}</button></div>
      </form></section>`;
  }
  private second(): TemplateResult | typeof nothing {
    if (this.secondFactor === null) return nothing;
    const disable = (event: Event) =>
      this.doing(event, say("factor_off"), () =>
        this.app?.account.disable(this.typed("factor-password"), this.typed("factor-code").replaceAll(" ", "")),
      );
    return html`<section class="card" aria-labelledby="factor-title"><h2 id="factor-title">${say("factor_title")}</h2>
      <p>${say(this.secondFactor ? "factor_on" : "factor_off")}</p>
      ${
        this.secondFactor
          ? html`<details><summary>${say("factor_disable")}</summary><form @submit=${disable}>
              ${this.passwordField("factor-password", "password", "current-password")}
              ${this.codeField("factor-code", "totp_code")}
              <div class="row"><button class="button" ?disabled=${this.busy}>${say("factor_disable")}</button></div>
            </form></details>`
          : html`<div class="row"><button class="button strong" @click=${() => go("enroll")}>${say("factor_enable")}</button></div>`
      }</section>`;
  }
  private signIns(): TemplateResult {
    const end = (event: Event, id: string) =>
      this.doing(event, say("session_ended"), () => this.app?.account.endSession(id));
    return html`<section class="card" aria-labelledby="sessions-title"><h2 id="sessions-title">${say("sessions_title")}</h2>
      <p class="hint">${say("sessions_text")}</p>
      ${this.sessions.map((it) => {
        const since = moment(Date.parse(it.created_at));
        return html`<div class="row"><p>${say("session_since", { since, last: moment(Date.parse(it.last_used_at)) })}</p>
          ${it.current ? html`<p class="hint">${say("session_this")}</p>` : html`<button class="button" ?disabled=${this.busy} aria-label=${`${say("session_end")}: ${since}`} @click=${(event: Event) => end(event, it.session_id)}>${say("session_end")}</button>`}</div>`;
      })}</section>`;
  }

  protected override render(): TemplateResult {
    return html`<div class="page more">
      <h1>${say("account_title")}</h1>
      ${this.told()}
      ${this.done === "" ? nothing : html`<notice-box tone="good" .text=${this.done}></notice-box>`}
      ${this.password()}${this.second()}${this.signIns()}
    </div>`;
  }
}
