import { updateWhenLocaleChanges } from "@lit/localize";
import { LitElement } from "lit";

/**
 * What all elements share. They render into the page itself: one stylesheet, labels that reach their fields,
 * and a content security policy without inline styles.
 */
export class AppElement extends LitElement {
  constructor() {
    super();
    updateWhenLocaleChanges(this);
  }
  protected override createRenderRoot(): this {
    return this;
  }
  /** Tells the page that something was done here. */
  protected tell<T>(name: string, detail?: T): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}
