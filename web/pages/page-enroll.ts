import { html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { go, parseRoute } from "../core/router.ts";
import { say } from "../core/text.ts";
import { AccountPage } from "./account-page.ts";
import "../elements/copy-button.ts";

/** Sets up the second factor: the secret as picture and text, a code of it, then the recovery codes. */
@customElement("page-enroll")
export class PageEnroll extends AccountPage {
  @state() private secret = "";
  @state() private picture = "";
  @state() private codes: readonly string[] = [];

  protected override firstUpdated(): void {
    this.begin();
  }
  private begin(): void {
    void this.act(async () => {
      const given = await this.app?.account.enroll();
      this.picture = `data:image/svg+xml,${encodeURIComponent(given?.qr_svg ?? "")}`;
      this.secret = given?.secret ?? "";
    });
  }
  private confirm(event: Event): void {
    event.preventDefault();
    void this.act(async () => {
      this.codes = (await this.app?.account.confirm(this.typed("code").replaceAll(" ", ""))) ?? [];
    });
  }
  private finish(): void {
    void this.act(async () => {
      await this.app?.account.enrolled();
      // who had to do it first goes on where they were going
      if (parseRoute(location.hash).page === "enroll") go("send", "", "replace");
    });
  }

  private keep(): TemplateResult {
    return html`<p>${say("recovery_lead")}</p>
      <ul class="codes">${this.codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
      <div class="row"><copy-button look="" .text=${this.codes.join("\n")} .label=${say("copy_codes")}></copy-button></div>
      <div class="bar"><button type="button" class="button primary" data-primary ?disabled=${this.busy} @click=${() => this.finish()}>${say("codes_kept")}</button></div>`;
  }
  private scan(): TemplateResult {
    return html`<p>${say("enroll_lead")}</p>
      <form @submit=${this.confirm}>
        ${this.secret === "" ? "" : this.key()}
        ${this.codeField("code", "totp_code")}
        <div class="bar"><button class="button primary" data-primary ?disabled=${this.busy || this.secret === ""}>${say("continue")}</button></div>
      </form>`;
  }

  private key(): TemplateResult {
    return html`<img class="qr" src=${this.picture} alt=${say("enroll_qr")} />
      <p>${say("enroll_key")}<br /><code>${(this.secret.match(/.{1,4}/g) ?? []).join(" ")}</code></p>`;
  }

  protected override render(): TemplateResult {
    return html`<div class="page">
      <h1>${say("enroll_title")}</h1>
      ${this.told()}
      ${this.secret === "" && this.problem !== "" ? html`<div class="row"><button class="button" ?disabled=${this.busy} @click=${() => this.begin()}>${say("try_again")}</button></div>` : ""}
      ${this.codes.length > 0 ? this.keep() : this.scan()}
    </div>`;
  }
}
