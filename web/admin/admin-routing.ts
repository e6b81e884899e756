import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { App } from "../core/app.ts";
import { AppElement } from "../elements/app-element.ts";
import { tell } from "./words.ts";
import "./rule-list.ts";
import "./rule-try.ts";

/** By which rules studies go where, and what they would make of one. */
@customElement("admin-routing")
export class AdminRouting extends AppElement {
  @property({ attribute: false }) app: App | null = null;

  protected override render(): TemplateResult {
    return html`<h1>${tell("routing")}</h1>
      <rule-list .app=${this.app}></rule-list>
      <rule-try .app=${this.app}></rule-try>`;
  }
}
