import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { initials, personName } from "../core/format.ts";
import { isShared } from "../core/settings.ts";
import { say } from "../core/text.ts";
import { AppElement } from "./app-element.ts";

/** A name that was asked for stays so long, milliseconds. */
export const shownMs = 10_000;

/** A patient's name in a list: on a shared device initials, the name itself for some seconds after a tap. */
@customElement("patient-name")
export class PatientName extends AppElement {
  /** A PN value (PS3.5 6.2.1). */
  @property() name = "";
  /** What stands where there is no name. */
  @property() otherwise = "";
  @state() private shown = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.turn(false);
  }
  private turn(shown: boolean): void {
    clearTimeout(this.timer);
    this.shown = shown;
    if (shown) this.timer = setTimeout(() => this.turn(false), shownMs);
  }

  protected override render(): TemplateResult {
    const name = personName(this.name);
    if (name === "" || !isShared()) return html`${name || this.otherwise}`;
    const short = initials(name);
    return html`<button type="button" class="masked" aria-label=${this.shown ? name : `${short} ${say("show_name")}`}
      @click=${() => this.turn(!this.shown)}>${this.shown ? name : short}</button>`;
  }
}
