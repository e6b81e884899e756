import { html, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { go } from "../core/router.ts";
import { say } from "../core/text.ts";
import { AccountPage } from "./account-page.ts";

/** The first run: the code of the box's console makes the first administrator. */
@customElement("page-setup")
export class PageSetup extends AccountPage {
  private submit(event: Event): void {
    event.preventDefault();
    void this.act(async () => {
      await this.app?.account.setUp(this.typed("setup-code"), this.typed("username").trim(), this.typed("new"));
      go("admin", "setup", "replace"); // behind the second factor, where there has to be one
    });
  }

  protected override render(): TemplateResult {
    return html`<form class="sign-in page" @submit=${this.submit}>
      <h1>${say("setup_title")}</h1>
      <p class="lead">${say("setup_lead")}</p>
      ${this.told()}
      <label class="field"><span>${say("setup_code")}</span>
        <input id="setup-code" autocomplete="off" autocapitalize="characters" spellcheck="false" required /></label>
      <label class="field"><span>${say("username")}</span>
        <input id="username" autocomplete="username" autocapitalize="none" spellcheck="false" required /></label>
      ${this.passwordField("new", "password", "new-password")}
      <p class="hint">${say("password_hint")}</p>
      <div class="bar"><button class="button primary" data-primary ?disabled=${this.busy}>${say("setup_do")}</button></div>
    </form>`;
  }
}
