import { html, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { AdminUser } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { say } from "../core/text.ts";
import type { AskDialog } from "../elements/ask-dialog.ts";
import { AdminSection } from "./admin-section.ts";
import { roleChoice, roleNamed, type UserDeed } from "./user-card.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";
import "../elements/ask-dialog.ts";

/** What ends something is asked about first. */
const asked: Readonly<Record<"disable" | "reset", { heading: AdminWord; text: AdminWord; yes: AdminWord }>> = {
  disable: { heading: "user_disable_title", text: "user_disable_text", yes: "user_disable" },
  reset: { heading: "user_reset_title", text: "user_reset_text", yes: "user_reset" },
};

/** Who may sign in: made, given a role, disabled, signed out, helped where password or authenticator are lost. */
@customElement("admin-users")
export class AdminUsers extends AdminSection {
  protected override readonly topics = ["accounts"] as const;
  @state() private users: readonly AdminUser[] | null = null;
  @state() private asking: { readonly user: AdminUser; readonly kind: "disable" | "reset" } | null = null;
  @query("ask-dialog") private dialog!: AskDialog;

  protected override async read(admin: Administration): Promise<void> {
    this.users = await admin.users();
  }

  private add(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    const given = new FormData(form);
    const username = String(given.get("username")).trim();
    const password = String(given.get("password"));
    void this.doing(
      async (admin) => {
        await admin.addUser({ username, role: roleNamed(given.get("role")), password });
        form.reset();
      },
      tell("user_added", { name: username }),
    );
  }
  private deed(user: AdminUser, deed: UserDeed): void {
    const name = user.username;
    if (deed.kind === "change")
      void this.doing((admin) => admin.changeUser(user.id, deed.change), tell("user_changed", { name }));
    else if (deed.kind === "password")
      void this.doing((admin) => admin.setPassword(user.id, deed.password), tell("user_password_set", { name }));
    else if (deed.kind === "sign_out")
      void this.doing((admin) => admin.signOut(user.id), tell("user_signed_out", { name }));
    else {
      this.asking = { user, kind: deed.kind };
      void this.dialog.open();
    }
  }
  private yes(): void {
    if (this.asking === null) return;
    const { user, kind } = this.asking;
    const name = user.username;
    void this.doing(
      (admin) =>
        kind === "disable" ? admin.changeUser(user.id, { disabled: true }) : admin.resetSecondFactor(user.id),
      tell(kind === "disable" ? "user_changed" : "user_signed_out", { name }),
    );
  }

  private adding(): TemplateResult {
    return html`<details class="card"><summary>${tell("user_add")}</summary>
      <form class="fields" @submit=${(event: SubmitEvent) => this.add(event)}>
        <label class="field"><span>${tell("user_name")}</span>
          <input name="username" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="64" required /></label>
        <label class="field"><span>${tell("user_role")}</span><select name="role">${roleChoice("radiographer")}</select></label>
        <label class="field"><span>${tell("user_password")}</span>
          <input name="password" type="password" autocomplete="new-password" minlength="12" maxlength="128" required aria-describedby="add-hint" /></label>
        <p class="hint" id="add-hint">${tell("user_password_hint")}</p>
        <div class="row"><button class="button strong" ?disabled=${this.busy}>${tell("user_add")}</button></div>
      </form></details>`;
  }

  protected override render(): TemplateResult {
    const { asking } = this;
    const words = asking === null ? null : asked[asking.kind];
    const filling = { name: asking?.user.username ?? "" };
    const own = this.app?.session.person?.id;
    return html`<h1>${tell("users")}</h1>
      <p class="lead">${tell("users_lead")}</p>
      ${this.notices()}
      ${this.adding()}
      <div class="cards">${repeat(
        this.users ?? [],
        ({ id }) => id,
        (user) => html`<user-card .user=${user} .own=${user.id === own} .busy=${this.busy}
          @deed=${(event: CustomEvent<UserDeed>) => this.deed(user, event.detail)}></user-card>`,
      )}</div>
      <ask-dialog .heading=${words === null ? "" : tell(words.heading, filling)} .text=${words === null ? "" : tell(words.text, filling)}
        .yes=${words === null ? "" : tell(words.yes)} .no=${say("cancel")} @yes=${() => this.yes()}></ask-dialog>`;
  }
}
