import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { Topic } from "../../src/contract/news.ts";
import type { Administration } from "../api/admin.ts";
import { announce } from "../core/app.ts";
import { AccountPage } from "../pages/account-page.ts";
import { feedOf } from "./feed.ts";
import { tell } from "./words.ts";
import "../elements/notice-box.ts";

/** Without the box's own word what is shown is read again so often while somebody looks, milliseconds. */
const readEveryMs = 10_000;
/** With it only so many times more seldom: for what the command line changes, of which the box says nothing. */
const seldom = 6;

/** A part of the administration: read at once and whenever the box tells that something changed; one deed at a time, and what came of it in words. */
export abstract class AdminSection extends AccountPage {
  @state() protected done = "";
  @state() private unread = false;
  private timer: ReturnType<typeof setInterval> | undefined;
  private due: ReturnType<typeof setTimeout> | undefined;
  private reading: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;
  private silence: () => void = () => undefined;
  /** Of what of the box something is shown here; of none: it is asked from time to time. */
  protected readonly topics: readonly Topic[] = [];
  /** News that follow each other are read together, milliseconds. */
  protected readonly settleMs: number = 2000;

  /** Takes what is shown from the box. @throws ApiError */
  protected abstract read(admin: Administration): Promise<void>;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.look();
    const feed = this.app === null ? null : feedOf(this.app.admin);
    let beats = 0;
    this.timer = setInterval(() => {
      beats += 1;
      const told = feed?.live === true && this.topics.length > 0 && beats % seldom !== 0;
      if (!told && !this.busy && document.visibilityState === "visible") void this.look();
    }, readEveryMs);
    if (feed !== null && this.topics.length > 0)
      this.silence = feed.listen((changed) => {
        if (this.topics.some((topic) => changed.has(topic))) this.lookSoon();
      });
  }
  private lookSoon(): void {
    this.due ??= setTimeout(() => {
      this.due = undefined;
      if (this.busy) this.lookSoon();
      else void this.look();
    }, this.settleMs);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.silence();
    clearInterval(this.timer);
    clearTimeout(this.due);
    this.due = undefined;
  }
  /** One after the other: an answer that is late does not stand over a newer one. */
  protected look(): Promise<void> {
    this.next ??= this.reading.then(() => {
      this.next = null;
      return this.readNow();
    });
    this.reading = this.next;
    return this.next;
  }
  private async readNow(): Promise<void> {
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
      try {
        await work(this.app.admin);
        this.say(typeof words === "string" ? words : words());
      } finally {
        await this.look(); // what was refused is shown as it stands
      }
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
