import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { Administration } from "../api/admin.ts";
import { announce } from "../core/app.ts";
import { AccountPage } from "../pages/account-page.ts";
import { tell } from "./words.ts";
import "../elements/notice-box.ts";

/** What is shown is read again so often while somebody looks, milliseconds. */
const readEveryMs = 10_000;

/** A part of the administration: read at once and again from time to time; one deed at a time, and what came of it in words. */
export abstract class AdminSection extends AccountPage {
  @state() protected done = "";
  @state() private unread = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Takes what is shown from the box. @throws ApiError */
  protected abstract read(admin: Administration): Promise<void>;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.look();
    this.timer = setInterval(() => {
      if (!this.busy && document.visibilityState === "visible") void this.look();
    }, readEveryMs);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }
  protected async look(): Promise<void> {
    if (this.app === null) return;
    this.unread = await this.read(this.app.admin).then(
      () => false,
      () => true,
    );
  }
  /** @param words what is said when it is done */
  protected doing(work: (admin: Administration) => Promise<unknown>, words: string | (() => string)): Promise<void> {
    this.done = "";
    return this.act(async () => {
      if (this.app === null) return;
      await work(this.app.admin);
      this.say(typeof words === "string" ? words : words());
      await this.look();
    });
  }
  /** What was done, in words. */
  protected say(words: string): void {
    this.done = words;
    announce(words);
  }
  /** What went wrong, and what was done. */
  protected notices(): TemplateResult {
    return html`${this.unread ? html`<notice-box tone="warn" .text=${tell("not_read")} .action=${tell("look_again")} @act=${() => void this.look()}></notice-box>` : nothing}
      ${this.told()} ${this.done === "" ? nothing : html`<notice-box tone="good" .text=${this.done}></notice-box>`}`;
  }
}
