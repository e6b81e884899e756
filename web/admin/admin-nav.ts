import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { hrefOf } from "../core/router.ts";
import { AppElement } from "../elements/app-element.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";

/** The parts of the administration, by the name that stands in the route. */
export const sections = ["overview", "parked", "destinations", "routing", "users", "sessions", "storage"] as const;
export type Section = (typeof sections)[number];

/** Leads from one part to another. */
@customElement("admin-nav")
export class AdminNav extends AppElement {
  @property() at: Section | "audit" = "overview";

  private link(name: Section | "audit", href: string): TemplateResult {
    const word: AdminWord = name;
    return html`<a class="button small" href=${href} aria-current=${name === this.at ? "page" : "false"}>${tell(word)}</a>`;
  }
  protected override render(): TemplateResult {
    return html`<nav class="sections" aria-label=${tell("sections")}>
      ${sections.map((name) => this.link(name, hrefOf("admin", name)))} ${this.link("audit", hrefOf("admin-audit"))}
    </nav>`;
  }
}
