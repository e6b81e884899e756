import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { handOver } from "../core/handing-over.ts";
import { canInstall, install, isApple } from "../core/install.ts";
import { roleWords } from "../core/role-words.ts";
import { go } from "../core/router.ts";
import {
  isShared,
  saveLanguage,
  setShared,
  setShortcuts,
  setTheme,
  shortcutsOn,
  type Theme,
  theme,
  themes,
} from "../core/settings.ts";
import { allows } from "../core/shown-page.ts";
import { type Language, language, languages, say, speak, type Word } from "../core/text.ts";
import { QueuePage } from "./queue-page.ts";

const themeWords: Record<Theme, Word> = {
  system: "theme_system",
  dark: "theme_dark",
  light: "theme_light",
  dimmed: "theme_dimmed",
  contrast: "theme_contrast",
};

/** Appearance, language, shortcuts, the account, and what this is. */
@customElement("page-more")
export class PageMore extends QueuePage {
  private readonly changed = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("app-changed", this.changed);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("app-changed", this.changed);
  }

  private chooseTheme(event: Event): void {
    const chosen = event.target instanceof HTMLSelectElement ? event.target.value : "";
    setTheme(themes.find((name) => name === chosen) ?? "system");
  }
  private chooseLanguage(event: Event): void {
    const chosen = event.target instanceof HTMLSelectElement ? event.target.value : "en";
    const code = Object.keys(languages).find((name): name is Language => name === chosen) ?? "en";
    saveLanguage(code);
    void speak(code);
  }
  private chooseShared(shared: boolean): void {
    setShared(shared);
    dispatchEvent(new Event("app-changed"));
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.app === null) return nothing;
    const { app } = this;
    const { session } = app;
    const person = session.person;
    return html`<div class="page more">
      <h1>${say("more_title")}</h1>
      ${
        person === null
          ? nothing
          : html`<section class="card" aria-labelledby="account"><h2 id="account">${say("account")}</h2>
            <p>${say("signed_in_as", { name: person.username })} · ${say(roleWords[person.role])}</p>
            <p class="hint">${say("hand_over_text")}</p>
            <div class="row">
              <button class="button strong" @click=${() => void handOver(app)}>${say("hand_over")}</button>
              <button class="button" @click=${() => void session.signOut()}>${say("sign_out")}</button>
              <button class="button" @click=${() => go("account")}>${say("account_title")}</button>
            </div>
          </section>`
      }
      ${
        person === null || person.role === "guest"
          ? nothing
          : html`<section class="card" aria-labelledby="device"><h2 id="device">${say("device_title")}</h2>
            <label class="choice"><input type="checkbox" .checked=${isShared()} @change=${(event: Event) => {
              if (event.target instanceof HTMLInputElement) this.chooseShared(event.target.checked);
            }} /><span>${say("device_shared")}</span></label>
            <p class="hint">${say("device_text")}</p></section>`
      }
      ${
        !allows(person, "invite")
          ? nothing
          : html`<section class="card" aria-labelledby="inviting"><h2 id="inviting">${say("invite_title")}</h2>
            <p class="hint">${say("invite_lead")}</p>
            <div class="row"><button class="button" @click=${() => go("invite")}>${say("invite_open")}</button></div>
          </section>`
      }
      ${
        allows(person, "administer")
          ? html`<section class="card" aria-labelledby="audit"><h2 id="audit">${say("audit_title")}</h2><p class="hint">${say("audit_text")}</p>
            <div class="row"><button class="button" @click=${() => go("admin-audit")}>${say("audit_show")}</button></div></section>`
          : nothing
      }
      ${
        canInstall()
          ? html`<section class="card"><p>${say("install_text")}</p><div class="row"><button class="button" @click=${() => void install()}>${say("install")}</button></div></section>`
          : isApple && !matchMedia("(display-mode: standalone)").matches
            ? html`<section class="card"><p>${say("install_text")}</p><p class="hint">${say("install_ios")}</p></section>`
            : nothing
      }
      <section class="card" aria-labelledby="appearance"><h2 id="appearance">${say("appearance")}</h2>
        <label class="field"><span>${say("theme")}</span>
          <select @change=${this.chooseTheme}>${themes.map((name) => html`<option value=${name} ?selected=${name === theme()}>${say(themeWords[name])}</option>`)}</select></label>
        <label class="field"><span>${say("language")}</span>
          <select @change=${this.chooseLanguage}>${Object.entries(languages).map(([code, name]) => html`<option value=${code} lang=${code} ?selected=${code === language()}>${name}</option>`)}</select></label>
      </section>
      <section class="card pointer-only" aria-labelledby="keys"><h2 id="keys">${say("shortcuts")}</h2>
        <label class="choice"><input type="checkbox" .checked=${shortcutsOn()} @change=${(event: Event) => {
          if (event.target instanceof HTMLInputElement) setShortcuts(event.target.checked);
        }} /><span>${say("shortcuts_on")}</span></label>
        <div class="row"><button class="button" @click=${() => dispatchEvent(new Event("app-shortcuts"))}>${say("shortcuts_list")}</button></div>
      </section>
      <section class="card" aria-labelledby="trust"><h2 id="trust">${say("trust_title")}</h2><p class="hint">${say("trust_text")}</p>
        <div class="row"><a class="button" href="/trust">${say("trust_open")}</a></div></section>
      <section class="card" aria-labelledby="about"><h2 id="about">${say("about")}</h2><p>${say("about_text")}</p></section>
    </div>`;
  }
}
