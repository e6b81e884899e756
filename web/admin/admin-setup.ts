import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { AdminDestination, AdminSystem } from "../../src/contract/admin.ts";
import type { Administration } from "../api/admin.ts";
import { go, hrefOf } from "../core/router.ts";
import { say } from "../core/text.ts";
import { icon } from "../elements/icons.ts";
import { AdminSection } from "./admin-section.ts";
import { encrypting } from "./lines.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";
import "./admin-destinations.ts";
import "./file-lines.ts";
import "./rule-list.ts";

const steps = ["step_tls", "step_destination", "step_rules", "step_done"] as const satisfies readonly AdminWord[];

/** After the first account: how the box is encrypted, where studies go, by which rules; what the configuration file gives is shown, tried and not changed. */
@customElement("admin-setup")
export class AdminSetup extends AdminSection {
  @state() private system: AdminSystem | null = null;
  @state() private destinations: readonly AdminDestination[] = [];
  @state() private at = 0;

  protected override async read(admin: Administration): Promise<void> {
    [this.system, this.destinations] = await Promise.all([admin.system(), admin.destinations()]);
  }
  private async to(step: number): Promise<void> {
    this.at = step;
    await this.updateComplete;
    const heading = this.querySelector<HTMLElement>("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
    scrollTo(0, 0);
  }

  private tls({ tls }: AdminSystem): TemplateResult {
    const plain = tls.mode === "off" && !tls.behind_proxy;
    const words: AdminWord =
      tls.mode === "auto" ? "tls_auto" : tls.mode === "files" ? "tls_files" : plain ? "tls_plain" : "tls_proxy";
    return html`<section class="card">
      <p class="state ${plain ? "warn" : "good"}">${icon(plain ? "warn" : "check")}<span>${tell(words)}</span></p>
      <p class="hint beside provisioned">${icon("lock")}<span>${tell("provisioned")}: <code>tls.mode = "${tls.mode}"</code></span></p>
      ${tls.fingerprint === null ? nothing : html`<div><p class="hint">${tell("tls_fingerprint")}</p><p><code class="fingerprint">${tls.fingerprint}</code></p></div>`}
      ${tls.mode === "auto" ? html`<div class="row"><a class="button" href="/trust" target="_blank" rel="noopener">${tell("tls_trust")}</a></div>` : nothing}
      ${plain ? html`<file-lines .lines=${encrypting} .label=${tell("step_tls")}></file-lines>` : nothing}
    </section>`;
  }
  private ready(): TemplateResult {
    const next: readonly (readonly [AdminWord, string])[] = [
      ["done_users", hrefOf("admin", "users")],
      ...(this.system?.tls.mode === "auto" ? [["done_trust", "/trust"] as const] : []),
      ["done_overview", hrefOf("admin", "overview")],
    ];
    return html`<section class="card"><p>${tell("done_lead")}</p>
      ${this.destinations.length === 0 ? html`<notice-box tone="warn" .text=${tell("done_no_destination")}></notice-box>` : nothing}
      <div class="row">${next.map(([word, href]) => html`<a class="button" href=${href}>${tell(word)}</a>`)}</div></section>`;
  }

  protected override render(): TemplateResult {
    const { system, at } = this;
    const step = steps[at] ?? "step_tls";
    const last = at === steps.length - 1;
    return html`<div class="page admin set-up">
      <p class="hint">${tell("step_of", { n: at + 1, total: steps.length })}</p>
      <h1>${tell(step)}</h1>
      ${at === 0 ? html`<p class="lead">${tell("setup_lead")}</p>` : nothing}
      ${this.notices()}
      ${
        system === null
          ? nothing
          : [
              () => this.tls(system),
              () => html`<admin-destinations .app=${this.app} within></admin-destinations>`,
              () => html`<rule-list .app=${this.app}></rule-list>`,
              () => this.ready(),
            ][at]?.()
      }
      <div class="bar">
        ${at === 0 ? nothing : html`<button class="button" @click=${() => void this.to(at - 1)}>${say("back")}</button>`}
        <button class="button primary" data-primary @click=${() => (last ? go("send") : void this.to(at + 1))}>${tell(last ? "done_send" : "next")}</button>
      </div>
    </div>`;
  }
}
