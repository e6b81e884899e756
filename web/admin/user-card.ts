import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { AdminUser, UserChange } from "../../src/contract/admin.ts";
import { type Role, roles } from "../../src/contract/permissions.ts";
import { moment } from "../core/format.ts";
import { roleWords } from "../core/role-words.ts";
import { say } from "../core/text.ts";
import { AppElement } from "../elements/app-element.ts";
import { tell } from "./words.ts";

/** What is asked for one account; the page does it, and asks first where it ends something. */
export type UserDeed =
  | { readonly kind: "change"; readonly change: UserChange }
  | { readonly kind: "disable" | "sign_out" | "reset" }
  | { readonly kind: "password"; readonly password: string };

export const roleChoice = (chosen: Role): TemplateResult[] =>
  roles.map((role) => html`<option value=${role} ?selected=${role === chosen}>${say(roleWords[role])}</option>`);
export const roleNamed = (name: unknown): Role => roles.find((role) => role === name) ?? "clinician";

/** One account, and what can be done with it. Tells `deed`. */
@customElement("user-card")
export class UserCard extends AppElement {
  @property({ attribute: false }) user: AdminUser | null = null;
  /** The administrator's own: changed under Account, not here. */
  @property({ type: Boolean }) own = false;
  @property({ type: Boolean }) busy = false;

  private form(event: SubmitEvent, deed: (form: FormData) => UserDeed): void {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    this.tell<UserDeed>("deed", deed(new FormData(event.target)));
    event.target.reset();
  }
  private button(words: string, deed: UserDeed, named: string, danger = false): TemplateResult {
    return html`<button type="button" class="button ${danger ? "danger" : ""}" aria-describedby=${named} ?disabled=${this.busy}
      @click=${() => this.tell<UserDeed>("deed", deed)}>${words}</button>`;
  }
  private actions(user: AdminUser, named: string): TemplateResult {
    return html`<details><summary aria-describedby=${named}>${tell("user_actions")}</summary>
      <form class="joined" @submit=${(event: SubmitEvent) => this.form(event, (form) => ({ kind: "change", change: { role: roleNamed(form.get("role")) } }))}>
        <select name="role" aria-label=${tell("user_role")} aria-describedby=${named}>${roleChoice(user.role)}</select>
        <button class="button" aria-describedby=${named} ?disabled=${this.busy}>${tell("save")}</button>
      </form>
      <form class="joined" @submit=${(event: SubmitEvent) => this.form(event, (form) => ({ kind: "password", password: String(form.get("password")) }))}>
        <input hidden autocomplete="username" .value=${user.username} />
        <input name="password" type="password" autocomplete="new-password" minlength="12" maxlength="128" required placeholder=${tell("user_new_password")} aria-label=${tell("user_new_password")} aria-describedby=${named} />
        <button class="button" aria-describedby=${named} ?disabled=${this.busy}>${tell("save")}</button>
      </form>
      <div class="row">
        ${this.button(tell("user_sign_out"), { kind: "sign_out" }, named)}
        ${user.totp_enabled ? this.button(tell("user_reset"), { kind: "reset" }, named) : nothing}
        ${
          user.disabled_at === null
            ? this.button(tell("user_disable"), { kind: "disable" }, named, true)
            : this.button(tell("user_enable"), { kind: "change", change: { disabled: false } }, named)
        }
      </div></details>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { user } = this;
    if (user === null) return nothing;
    const named = `u-${user.id}`;
    const facts = [
      say(roleWords[user.role]),
      tell(user.totp_enabled ? "user_totp" : "user_no_totp"),
      tell("user_since", { time: moment(Date.parse(user.created_at)) }),
    ];
    return html`<article class="card" aria-labelledby=${named}>
      <header class="title"><h2 id=${named}>${user.username}</h2>
        ${user.disabled_at === null ? nothing : html`<span class="badge">${tell("user_disabled")}</span>`}
        ${this.own ? html`<span class="hint">${tell("user_you")}</span>` : nothing}</header>
      <p class="hint">${facts.join(" · ")}</p>
      ${this.own ? nothing : this.actions(user, named)}
    </article>`;
  }
}
