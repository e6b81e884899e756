import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { Visit } from "../api/http.ts";
import { announce, type JoinOutcome } from "../core/app.ts";
import { day, moment } from "../core/format.ts";
import { go, hrefOf } from "../core/router.ts";
import { say, type Word } from "../core/text.ts";
import { QueuePage } from "./queue-page.ts";
import "../elements/notice-box.ts";

const troubles: Readonly<Record<Exclude<JoinOutcome, "ok">, Word>> = {
  used: "join_used",
  ended: "join_ended",
  unknown: "join_unknown",
  offline: "join_offline",
  failed: "join_failed",
};

/** Where a scanned code leads: who invites, where the study goes, until when. */
@customElement("page-join")
export class PageJoin extends QueuePage {
  @state() private outcome: JoinOutcome | "busy" | null = null;
  private code = "";

  protected override willUpdate(): void {
    if (this.app === null || this.target === "" || this.target === this.code) return;
    this.code = this.target;
    history.replaceState(null, "", hrefOf("join")); // the code stays neither in the address nor in the history
    void this.join();
  }
  private async join(): Promise<void> {
    if (this.app === null) return;
    this.outcome = "busy";
    this.outcome = await this.app.session.join(this.code);
    if (this.outcome !== "ok") announce(say(troubles[this.outcome]));
  }

  private welcome(visit: Visit, invitedBy: string): TemplateResult {
    const birth = visit.order?.patient_birth_date;
    const expected = [visit.order?.patient_id, birth ? day(birth) : "", visit.order?.accession_number];
    const what = expected.filter(Boolean).join(" · ");
    return html`<section class="card">
        <p>${say("join_by", { name: invitedBy })}</p>
        <p>${say("join_to", { destination: visit.destination ?? say("join_rules") })}</p>
        ${what === "" ? nothing : html`<p dir="auto">${say("join_order", { what })}</p>`}
        <p class="hint">${say("join_left", { time: moment(visit.endsAt) })}</p>
      </section>
      <div class="bar"><button class="button primary" data-primary @click=${() => go("send")}>${say("join_start")}</button></div>`;
  }
  private trouble(): TemplateResult {
    const outcome = this.outcome === null || this.outcome === "ok" || this.outcome === "busy" ? "ended" : this.outcome;
    const again = outcome === "offline" || outcome === "failed";
    return html`<notice-box tone="bad" .text=${say(troubles[outcome])} .action=${again ? say("try_again") : ""} @act=${() => void this.join()}></notice-box>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.app === null) return nothing;
    const { visit, person } = this.app.session;
    return html`<div class="page join">
      <h1>${say("join_title")}</h1>
      ${
        this.outcome === "busy" || (this.outcome === null && this.code !== "")
          ? html`<p role="status">${say("join_busy")}</p>`
          : visit !== null && (this.outcome === null || this.outcome === "ok")
            ? this.welcome(visit, person?.username ?? "")
            : this.trouble()
      }
    </div>`;
  }
}
