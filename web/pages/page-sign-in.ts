import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Credentials, SignInOutcome } from "../core/app.ts";
import { handOver } from "../core/handing-over.ts";
import { go, parseRoute } from "../core/router.ts";
import { faceOf } from "../core/study-state.ts";
import { say } from "../core/text.ts";
import { QueuePage } from "./queue-page.ts";
import "../elements/notice-box.ts";

type Step = "password" | "totp" | "recovery";

/** User name and password, and the second factor as a step of its own; on a locked device the same for the one person it waits for. */
@customElement("page-sign-in")
export class PageSignIn extends QueuePage {
  /** Who has locked this device; "" where nobody is signed in. */
  @property() locked = "";
  @state() private step: Step = "password";
  @state() private shown = false;
  @state() private busy = false;
  @state() private problem = "";
  @query("#username") private username!: HTMLInputElement;
  @query("#password") private password!: HTMLInputElement;
  @query("#code") private code!: HTMLInputElement | null;
  @query("#problem") private problemBox!: HTMLElement | null;
  private given: Credentials = { username: "", password: "" };

  /** Counted only: whose they are is nobody's business here. */
  private unfinished(): number {
    return this.app?.queue.studies.filter((study) => faceOf(study).shelf !== "done").length ?? 0;
  }
  private words(outcome: SignInOutcome): string {
    const saved = this.unfinished();
    if (outcome.kind === "too_many_attempts")
      return say("too_many_tries", { minutes: Math.max(1, Math.ceil(outcome.retryAfterSeconds / 60)) });
    if (outcome.kind === "offline") return saved > 0 ? say("no_connection_saved", { n: saved }) : say("no_connection");
    const words = {
      invalid_credentials: "wrong_password",
      totp_invalid: "totp_wrong",
      failed: "sign_in_failed",
    } as const;
    return outcome.kind in words ? say(words[outcome.kind as keyof typeof words]) : "";
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.app === null || this.busy) return;
    if (this.step === "password")
      this.given = { username: this.locked || this.username.value.trim(), password: this.password.value };
    const code = this.code?.value.replaceAll(" ", "") ?? "";
    const second = this.step === "totp" ? { totp: code } : this.step === "recovery" ? { recovery_code: code } : {};
    this.busy = true;
    this.problem = "";
    const outcome = await this.app.session.signIn({ ...this.given, ...second });
    this.busy = false;
    if (outcome.kind === "ok") {
      this.given = { username: "", password: "" };
      this.step = "password";
      if (this.locked !== "") this.tell("unlocked");
      // elsewhere the shell shows the page that was asked for
      else if (parseRoute(location.hash).page === "sign-in") go("send", "", "replace");
      return;
    }
    if (outcome.kind === "setup_required") return go("setup"); // there is no account yet
    if (outcome.kind === "totp_required") this.step = "totp";
    else if (outcome.kind === "invalid_credentials") this.step = "password";
    this.problem = this.words(outcome);
    await this.updateComplete;
    (this.problem === "" ? this.code : this.problemBox)?.focus();
  }
  private typed(event: Event): void {
    const ready = event.target instanceof HTMLInputElement && /^\d{6}$/.test(event.target.value.replaceAll(" ", ""));
    if (ready && this.step === "totp") void this.submit(event);
  }

  private first(described: unknown): TemplateResult {
    return html`${
      this.locked === ""
        ? html`<label class="field"><span>${say("username")}</span>
            <input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required aria-describedby=${described} />
          </label>`
        : html`<input hidden name="username" autocomplete="username" .value=${this.locked} />`
    }
      <div class="field"><label for="password">${say("password")}</label>
        <div class="joined">
          <input id="password" name="password" type=${this.shown ? "text" : "password"} autocomplete="current-password" required aria-describedby=${described} />
          <button type="button" class="button" aria-pressed=${this.shown} aria-controls="password" @click=${() => {
            this.shown = !this.shown;
          }}>${say(this.shown ? "hide" : "show")}</button>
        </div>
      </div>`;
  }
  private second(described: unknown): TemplateResult {
    const totp = this.step === "totp";
    return html`<p>${totp ? say("totp_lead") : nothing}</p>
      <label class="field"><span>${say(totp ? "totp_code" : "recovery_code")}</span>
        <input id="code" name="code" autocomplete="one-time-code" inputmode=${totp ? "numeric" : "text"} required
          aria-describedby=${described} @input=${this.typed} />
      </label>
      <div class="row">
        <button type="button" class="button" @click=${() => this.to("password")}>${say("back")}</button>
        <button type="button" class="button" @click=${() => this.to(totp ? "recovery" : "totp")}>${say(totp ? "use_recovery" : "use_totp")}</button>
      </div>`;
  }
  private to(step: Step): void {
    this.step = step;
    this.problem = "";
  }

  /** A browser that was killed soon after the sign-in has lost it: what was saved waits for its sender. */
  private lead(): string {
    if (this.locked !== "") return say("locked_lead", { name: this.locked });
    const waits = this.app?.queue.studies.some(({ cause }) => cause === "signed_out") ?? false;
    return say(waits ? "x_signed_out" : "sign_in_lead");
  }

  protected override render(): TemplateResult {
    const unfinished = this.unfinished();
    const described = this.problem === "" ? nothing : "problem";
    return html`<form class="sign-in page" @submit=${this.submit}>
      <h1>${this.locked === "" ? "RelayPACS" : say("locked_title")}</h1>
      <p class="lead">${this.lead()}</p>
      ${this.problem === "" ? nothing : html`<p id="problem" class="problem" role="alert" tabindex="-1">${this.problem}</p>`}
      ${unfinished > 0 ? html`<notice-box tone="quiet" .text=${say("signed_out_queue", { n: unfinished })}></notice-box>` : nothing}
      ${this.step === "password" ? this.first(described) : this.second(described)}
      <div class="bar">
        <button class="button primary" data-primary ?disabled=${this.busy}>${say(this.step !== "password" ? "continue" : this.locked === "" ? "sign_in" : "unlock")}</button>
      </div>
      ${
        this.locked === ""
          ? html`<details class="help"><summary>${say("help")}</summary><p>${say("help_sign_in")}</p><p>${say("help_code")}</p></details>`
          : html`<section class="card"><p class="hint">${say("locked_other", { name: this.locked })}</p>
              <div class="row"><button type="button" class="button" @click=${() => this.app !== null && void handOver(this.app)}>${say("hand_over")}</button></div></section>`
      }
    </form>`;
  }
}
