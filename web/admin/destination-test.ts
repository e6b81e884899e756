import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { TestStep } from "../api/admin.ts";
import { ApiError } from "../api/problem.ts";
import { type App, announce } from "../core/app.ts";
import { codeSentence } from "../core/code-words.ts";
import { AppElement } from "../elements/app-element.ts";
import { icon } from "../elements/icons.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";
import "../elements/copy-button.ts";

/** The box's names of its steps; one that is newer than this app is shown as it comes. */
const stepWords: Readonly<Record<string, AdminWord>> = {
  Name: "step_name",
  Port: "step_port",
  Certificate: "step_certificate",
  "Connection and sign-in": "step_sign_in",
  "DICOMweb service": "step_service",
  Association: "step_association",
  "C-ECHO": "step_echo",
  "Test image stored": "step_stored",
  "Test image verified": "step_verified",
  "The same once more": "step_again",
};
const nameOf = ({ name }: TestStep): string => {
  const word = stepWords[name];
  return word === undefined ? name : tell(word);
};

/** For a ticket: each step with its fix. */
export const ticketOf = (destination: string, steps: readonly TestStep[]): string =>
  [
    destination,
    ...steps.map(({ name, ok, detail, fix }) => {
      const mend = ok || fix === undefined ? "" : `\n      -> ${fix}`;
      return `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}${mend}`;
    }),
  ].join("\n");

/** A live check of a destination: each step as soon as it is known, what fails with its fix. */
@customElement("destination-test")
export class DestinationTest extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  @property() destination = "";
  /** The element that names the destination. */
  @property() named = "";
  /** What stands beside the button. */
  @property({ attribute: false }) beside: unknown = nothing;
  @state() private steps: readonly TestStep[] = [];
  @state() private running = false;
  @state() private ok: boolean | null = null;
  @state() private withPicture = false;
  @state() private problem = "";

  /** @param store whether a test picture is to be stored there */
  async run(store = false): Promise<void> {
    const { app, destination } = this;
    if (app === null || this.running) return;
    this.running = true;
    this.steps = [];
    this.ok = null;
    this.problem = "";
    this.withPicture = store;
    try {
      this.ok = await app.admin.test(destination, store, (step) => {
        this.steps = [...this.steps, step];
      });
      announce(tell(this.ok ? "test_ok" : "test_failed", { destination }));
    } catch (error) {
      this.problem =
        error instanceof ApiError && this.steps.length === 0
          ? codeSentence(error.code, error.message)
          : tell("test_cut");
      announce(this.problem);
    }
    this.running = false;
  }

  private step(step: TestStep): TemplateResult {
    const fix = step.ok ? undefined : step.fix;
    return html`<li class=${step.ok ? "good" : "bad"}>${icon(step.ok ? "check" : "stop")}
      <div><p><strong>${nameOf(step)}</strong></p><p class="hint" lang="en">${step.detail}</p>
        ${fix === undefined ? nothing : html`<p><strong>${tell("test_fix")}</strong> <span lang="en">${fix}</span></p>`}</div></li>`;
  }
  private result(): TemplateResult {
    const { ok, destination, steps } = this;
    return html`<div class="result">
      ${ok === null ? nothing : html`<p class="state ${ok ? "good" : "bad"}">${icon(ok ? "check" : "bad")}<strong>${tell(ok ? "test_ok" : "test_failed", { destination })}</strong></p>`}
      <ol class="steps" aria-label=${tell("dest_test_of", { destination })}>${steps.map((step) => this.step(step))}
        ${this.running ? html`<li class="busy">${icon("busy")}<p>${tell("dest_testing")}</p></li>` : nothing}</ol>
      ${this.problem === "" ? nothing : html`<p class="problem">${this.problem}</p>`}
      ${
        this.running || steps.length === 0
          ? nothing
          : html`<div class="row"><copy-button .text=${ticketOf(destination, steps)} .label=${tell("test_copy")}></copy-button>
              ${ok === true && !this.withPicture ? html`<button class="button small" @click=${() => void this.run(true)}>${tell("dest_test_picture")}</button>` : nothing}</div>`
      }</div>`;
  }

  protected override render(): TemplateResult {
    const begun = this.running || this.steps.length > 0 || this.problem !== "";
    return html`<div class="row"><button class="button strong" ?disabled=${this.running} aria-describedby=${this.named}
        @click=${() => void this.run()}>${tell(this.running ? "dest_testing" : "dest_test")}</button>${this.beside}</div>
      ${begun ? this.result() : nothing}`;
  }
}
