import { html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";
import { ApiError } from "../api/problem.ts";
import type { App } from "../core/app.ts";
import { codeSentence } from "../core/code-words.ts";
import { keepFocus } from "../core/focus.ts";
import { breath } from "../core/portions.ts";
import { say, type Word } from "../core/text.ts";
import { AppElement } from "../elements/app-element.ts";

/** What the pages of the account share: one thing at a time, and a sentence where the box did not take it. */
export class AccountPage extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  @state() protected busy = false;
  @state() protected problem = "";
  @query("#problem") private problemBox!: HTMLElement | null;

  protected async act(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    const pressed = document.activeElement;
    this.busy = true;
    this.problem = "";
    try {
      await work();
    } catch (error) {
      const { code, message } = error instanceof ApiError ? error : { code: "", message: say("sign_in_failed") };
      this.problem = code === "invalid_credentials" ? say("wrong_password") : codeSentence(code, message);
    }
    this.busy = false;
    await this.updateComplete;
    await breath(); // what is shown within is on again too
    this.problemBox?.focus();
    if (this.isConnected) keepFocus(pressed);
  }
  /** What stands in a field of this page. */
  protected typed(id: string): string {
    return this.querySelector<HTMLInputElement>(`#${id}`)?.value ?? "";
  }
  protected told(): TemplateResult | typeof nothing {
    return this.problem === ""
      ? nothing
      : html`<p id="problem" class="problem" role="alert" tabindex="-1">${this.problem}</p>`;
  }
  protected passwordField(id: string, label: Word, autocomplete: "current-password" | "new-password"): TemplateResult {
    const shortest = autocomplete === "new-password" ? 12 : 1;
    return html`<label class="field"><span>${say(label)}</span>
      <input id=${id} type="password" autocomplete=${autocomplete} minlength=${shortest} maxlength="128" required /></label>`;
  }
  protected codeField(id: string, label: Word): TemplateResult {
    return html`<label class="field"><span>${say(label)}</span>
      <input id=${id} autocomplete="one-time-code" inputmode="numeric" required /></label>`;
  }
}
