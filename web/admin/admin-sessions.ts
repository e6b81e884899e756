import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { AdminSession } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { moment } from "../core/format.ts";
import { roleWords } from "../core/role-words.ts";
import { say } from "../core/text.ts";
import { AdminSection } from "./admin-section.ts";
import { tell } from "./words.ts";

/** Every sign-in of everybody, and the end of one. */
@customElement("admin-sessions")
export class AdminSessions extends AdminSection {
  protected override readonly topics = ["accounts"] as const;
  @state() private sessions: readonly AdminSession[] = [];
  @state() private wanted = "";

  protected override async read(admin: Administration): Promise<void> {
    this.sessions = await admin.sessions();
  }

  private one(it: AdminSession): TemplateResult {
    const at = (time: string) => moment(Date.parse(time));
    const times = { since: at(it.created_at), last: at(it.last_used_at), ends: at(it.ends_at) };
    return html`<li class="card line">
      <div><h2 id="s-${it.session_id}">${it.username}</h2>
        <p class="hint">${say(roleWords[it.role])} · ${tell("session_times", times)}</p></div>
      ${
        it.current
          ? html`<p class="hint">${say("session_this")}</p>`
          : html`<button class="button" aria-describedby="s-${it.session_id}" ?disabled=${this.busy}
              @click=${() => void this.doing((admin) => admin.endSession(it.session_id), say("session_ended"))}>${tell("session_end")}</button>`
      }
    </li>`;
  }

  protected override render(): TemplateResult {
    const shown = this.sessions.filter(({ username }) => username.includes(this.wanted.trim().toLowerCase()));
    return html`<h1>${tell("sessions")}</h1>
      <p class="lead">${tell("sessions_lead")}</p>
      ${this.notices()}
      ${
        this.sessions.length < 6
          ? nothing
          : html`<input type="search" data-key="/" aria-label=${tell("sessions_find")} placeholder=${tell("sessions_find")} autocomplete="off"
              @input=${(event: Event) => {
                if (event.target instanceof HTMLInputElement) this.wanted = event.target.value;
              }} />`
      }
      <ul class="plain-list cards">${repeat(
        shown.slice(0, 200),
        ({ session_id }) => session_id,
        (it) => this.one(it),
      )}</ul>`;
  }
}
