import type { PropertyValues } from "lit";
import { property, state } from "lit/decorators.js";
import type { App } from "../core/app.ts";
import { keepFocus } from "../core/focus.ts";
import { AppElement } from "../elements/app-element.ts";

/** A page that shows the queue: rendered again at each of its changes, and once a second where something counts down. */
export class QueuePage extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  /** What stands behind the page's name in the route. */
  @property() target = "";
  @state() protected now = Date.now();
  /** What has the focus, before a part of the page goes. */
  private had: Element | null = null;
  private stop: () => void = () => undefined;
  private timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.stop = this.app?.queue.subscribe(() => this.requestUpdate()) ?? this.stop;
    this.timer = setInterval(() => {
      if (this.counts()) this.now = Date.now();
    }, 1000);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
    clearInterval(this.timer);
  }
  protected override willUpdate(_: PropertyValues): void {
    const { activeElement } = document;
    this.had = this.contains(activeElement) ? activeElement : null;
  }
  protected override updated(): void {
    keepFocus(this.had);
  }
  /** Whether a time on the page runs. */
  protected counts(): boolean {
    return this.app?.queue.studies.some(({ nextTryAt }) => nextTryAt !== null) ?? false;
  }
}
