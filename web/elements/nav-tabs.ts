import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Permission } from "../../src/contract/permissions.ts";
import type { Person } from "../core/app.ts";
import { hrefOf, type Page } from "../core/router.ts";
import { allows } from "../core/shown-page.ts";
import { say, type Word } from "../core/text.ts";
import { AppElement } from "./app-element.ts";
import { type Icon, icon } from "./icons.ts";

const tabs: readonly {
  page: Page;
  word: Word;
  icon: Icon;
  holds: readonly Page[];
  /** Shown to those alone who may. */
  needs?: Permission;
}[] = [
  { page: "send", word: "tab_send", icon: "send", holds: ["send", "confirm", "progress"], needs: "send" },
  { page: "activity", word: "tab_activity", icon: "activity", holds: ["activity", "receipt"] },
  { page: "admin", word: "tab_admin", icon: "sliders", holds: ["admin", "admin-audit"], needs: "administer" },
  { page: "more", word: "tab_more", icon: "more", holds: ["more", "invite", "account"] },
];

/** The main menu: tabs at the bottom of a phone, a rail on a desktop. */
@customElement("nav-tabs")
export class NavTabs extends AppElement {
  @property() page: Page = "send";
  @property({ attribute: false }) person: Person | null = null;

  private readonly sized = new ResizeObserver(() =>
    document.documentElement.style.setProperty("--tabs", `${this.offsetHeight}px`),
  );

  /** What sticks to the bottom of a page stands on the tabs. */
  override connectedCallback(): void {
    super.connectedCallback();
    this.sized.observe(this);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sized.disconnect();
    document.documentElement.style.removeProperty("--tabs");
  }
  protected override render(): TemplateResult {
    return html`<nav class="tabs" aria-label=${say("main_menu")}>
      ${tabs
        .filter(({ needs }) => needs === undefined || allows(this.person, needs))
        .map(
          (tab) => html`<a href=${hrefOf(tab.page)} aria-current=${tab.holds.includes(this.page) ? "page" : "false"}>
          ${icon(tab.icon)}<span>${say(tab.word)}</span></a>`,
        )}
    </nav>`;
  }
}
