import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { pageThere } from "./api/http.ts";
import type { App } from "./core/app.ts";
import { DeviceLock } from "./core/lock.ts";
import { go, hrefOf, type Page, parseRoute, type Route } from "./core/router.ts";
import type { Update } from "./core/service-worker.ts";
import { isShared } from "./core/settings.ts";
import { onKey } from "./core/shortcuts.ts";
import { shownPage } from "./core/shown-page.ts";
import { faceOf, percentOf } from "./core/study-state.ts";
import { titleOf } from "./core/study-words.ts";
import { say, type Word } from "./core/text.ts";
import { AppElement } from "./elements/app-element.ts";
import { icon } from "./elements/icons.ts";
import type { ShortcutList } from "./elements/shortcut-list.ts";
import "./elements/link-chip.ts";
import "./elements/nav-tabs.ts";
import "./elements/notice-box.ts";

/** Pages come when they are first shown. */
const load: Record<Page, () => Promise<unknown>> = {
  "sign-in": () => import("./pages/page-sign-in.ts"),
  send: () => import("./pages/page-upload.ts"),
  confirm: () => import("./pages/page-confirm.ts"),
  progress: () => import("./pages/page-progress.ts"),
  activity: () => import("./pages/page-activity.ts"),
  receipt: () => import("./pages/page-receipt.ts"),
  more: () => import("./pages/page-more.ts"),
  "admin-audit": () => import("./pages/admin-audit.ts"),
  invite: () => import("./pages/page-invite.ts"),
  join: () => import("./pages/page-join.ts"),
  account: () => import("./pages/page-account.ts"),
  enroll: () => import("./pages/page-enroll.ts"),
  setup: () => import("./pages/page-setup.ts"),
  admin: () => import("./pages/page-admin.ts"),
};
const titles: Record<Page, Word> = {
  "sign-in": "sign_in",
  send: "upload_title",
  confirm: "confirm_title",
  progress: "progress_title",
  activity: "activity_title",
  receipt: "show_receipt",
  more: "more_title",
  "admin-audit": "audit_title",
  invite: "invite_title",
  join: "join_title",
  account: "account_title",
  enroll: "enroll_title",
  setup: "setup_title",
  admin: "admin_title",
};

/** Header, menu, the present page, one live region. Who is not signed in sees the sign-in page, and comes back to where they were. */
@customElement("app-shell")
export class AppShell extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  @property({ attribute: false }) newer: Update | null = null;
  @property({ type: Boolean }) withoutWorker = false;
  @state() private route: Route = parseRoute(location.hash);
  /** The page that is there, with what stood behind its name: on the way to another one the route is that one's already. */
  @state() private shown: Route | null = null;
  @state() private failed = false;
  @state() private spoken = "";
  @query("shortcut-list") private list!: ShortcutList | null;
  private guest = false;
  private here = false;
  private readonly lock = new DeviceLock(() => this.turnedLock());
  private wasLocked = false;
  private stops: (() => void)[] = [];
  /** What was last said of each study: its state and quarter. */
  private readonly said = new Map<string, string>();

  override connectedCallback(): void {
    super.connectedCallback();
    const on = <K extends keyof WindowEventMap>(name: K | string, listener: (event: Event) => void) => {
      addEventListener(name, listener);
      this.stops.push(() => removeEventListener(name, listener));
    };
    on("hashchange", () => this.follow());
    on("keydown", (event) => event instanceof KeyboardEvent && onKey(event, () => this.showList()));
    on("app-shortcuts", () => this.showList());
    on("app-changed", () => this.requestUpdate());
    on("app-announce", (event) => {
      if (event instanceof CustomEvent) this.speak(String(event.detail));
    });
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops.splice(0)) stop();
  }
  protected override updated(changed: PropertyValues): void {
    if (!changed.has("app") || this.app === null) return;
    this.stops.push(
      this.app.queue.subscribe(() => this.heard()),
      this.app.session.subscribe(() => this.turned()),
    );
    const { person } = this.app.session;
    this.guest = person?.role === "guest";
    this.here = person !== null;
    if (this.here) this.turnedLock();
    else this.lock.unlock();
    this.stops.push(this.lock.watch());
    this.heard();
    this.follow();
  }

  /** Somebody signed in or out: Back never shows the previous person's page. */
  private turned(): void {
    const person = this.app?.session.person ?? null;
    const left = this.guest && person === null;
    if (this.here !== (person !== null)) this.lock.unlock();
    this.here = person !== null;
    this.guest = person?.role === "guest";
    if (left) go("join", "", "replace"); // it says that the code has ended
    if (this.app?.session.person === null) this.app.choice.take({ studies: [], leftOut: 0, unreadable: [] });
    if (this.app?.session.person !== null && this.route.page === "sign-in") go("send", "", "replace");
    else this.follow();
  }
  private showList(): void {
    void import("./elements/shortcut-list.ts").then(() => this.list?.open());
  }
  private shownPage(): Page {
    return shownPage(this.route.page, this.app?.session.person ?? null);
  }
  private follow(): void {
    if (this.app === null) return;
    const before = this.shown?.page;
    this.route = parseRoute(location.hash);
    const page = this.shownPage();
    this.failed = false;
    load[page]().then(
      async () => {
        if (this.shownPage() !== page) return; // gone elsewhere meanwhile
        this.shown = { page, id: this.route.id };
        document.title = `${say(titles[page])} · RelayPACS`;
        await this.updateComplete;
        if (before !== undefined && before !== page) this.enter();
      },
      () => {
        this.failed = true;
      },
    );
  }
  /** After an upgrade the box has no part of this version any more: where it answers, the new one is taken. */
  private again(): void {
    void pageThere().then((there) => (there ? location.reload() : this.follow()));
  }
  private turnedLock(): void {
    const { locked } = this.lock;
    this.requestUpdate();
    if (locked === this.wasLocked) return;
    this.wasLocked = locked;
    void Promise.all([load["sign-in"](), this.updateComplete]).then(() => this.enter());
  }
  /** The new page's heading has the focus, so that the keyboard and a screen reader go on there. */
  private enter(): void {
    const heading = this.querySelector<HTMLElement>("main:not([hidden]) h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  /** What was said is said again only where it reads as another text. */
  private speak(text: string): void {
    this.spoken = text === this.spoken ? `${text}\u00a0` : text;
  }
  /** Speaks a study's state when it changes, and its progress by quarters. */
  private heard(): void {
    for (const study of this.app?.queue.studies ?? []) {
      const percent = Math.floor(percentOf(study) / 25) * 25;
      const title = say(faceOf(study).title);
      const key = `${title} ${percent}`;
      const before = this.said.get(study.id);
      if (before === key) continue;
      this.said.set(study.id, key);
      if (before === undefined) continue;
      this.speak(
        before.startsWith(`${title} `)
          ? say("announce_percent", { study: titleOf(study), percent })
          : say("announce_state", { study: titleOf(study), state: title }),
      );
    }
    this.requestUpdate();
  }

  private page(): TemplateResult | typeof nothing {
    const { app, shown } = this;
    if (shown === null) return nothing;
    const { id } = shown;
    const views: Record<Page, () => TemplateResult> = {
      "sign-in": () => html`<page-sign-in .app=${app}></page-sign-in>`,
      send: () => html`<page-upload .app=${app} .target=${id}></page-upload>`,
      confirm: () => html`<page-confirm .app=${app} .target=${id}></page-confirm>`,
      progress: () => html`<page-progress .app=${app} .target=${id}></page-progress>`,
      activity: () => html`<page-activity .app=${app}></page-activity>`,
      receipt: () => html`<page-receipt .app=${app} .target=${id}></page-receipt>`,
      more: () => html`<page-more .app=${app}></page-more>`,
      "admin-audit": () => html`<admin-audit .app=${app}></admin-audit>`,
      invite: () => html`<page-invite .app=${app}></page-invite>`,
      join: () => html`<page-join .app=${app} .target=${id}></page-join>`,
      account: () => html`<page-account .app=${app}></page-account>`,
      enroll: () => html`<page-enroll .app=${app}></page-enroll>`,
      setup: () => html`<page-setup .app=${app}></page-setup>`,
      admin: () => html`<page-admin .app=${app} .target=${id}></page-admin>`,
    };
    return views[shown.page]();
  }
  private updating(): TemplateResult | typeof nothing {
    if (this.newer === null) return nothing;
    const busy = this.app?.queue.studies.some(({ state: at }) => at === "uploading" || at === "saving") ?? false;
    const text = busy ? `${say("update_ready")} ${say("update_later")}.` : say("update_ready");
    return html`<notice-box tone="quiet" .text=${text} .action=${busy ? "" : say("update_now")} @act=${() => this.newer?.apply()}></notice-box>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.app === null) return nothing;
    const { person } = this.app.session;
    const inside = person !== null && person.role !== "guest" && person.mustEnroll !== true;
    // what was typed stays behind the lock, unseen
    const locked = inside && this.lock.locked;
    return html`<header class="top"><a class="skip" href=${hrefOf(this.route.page, this.route.id)} @click=${(
      event: Event,
    ) => {
      event.preventDefault();
      this.enter();
    }}>${say("skip")}</a><span class="brand" aria-hidden="true">RelayPACS</span>${
      inside && !locked && isShared()
        ? html`<button class="button lock" data-key="l" aria-label=${say("lock")} @click=${() => this.lock.lock()}>${icon("lock")}<span class="wide" aria-hidden="true">${say("lock")}</span></button>`
        : nothing
    }<link-chip .link=${this.app.queue.link}></link-chip></header>
      ${inside && !locked ? html`<nav-tabs .page=${this.shownPage()} .person=${person}></nav-tabs>` : nothing}
      <main ?hidden=${locked}>
        ${this.updating()}
        ${this.withoutWorker ? html`<notice-box tone="warn" .text=${say("no_worker")} .action=${say("trust_open")} @act=${() => location.assign("/trust")}></notice-box>` : nothing}
        ${this.failed ? html`<notice-box tone="bad" .text=${say("page_failed")} .action=${say("try_again")} @act=${this.again}></notice-box>` : this.page()}
      </main>
      ${
        locked
          ? html`<main><page-sign-in .app=${this.app} .locked=${person.username} @unlocked=${() => this.lock.unlock()}></page-sign-in></main>`
          : nothing
      }
      <shortcut-list></shortcut-list>
      <div class="unseen" role="status" aria-live="polite">${this.spoken}</div>`;
  }
}
