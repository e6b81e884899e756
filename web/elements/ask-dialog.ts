import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { AppElement } from "./app-element.ts";

/** Asks before something that cannot be taken back. The safe answer comes first and has the focus. Tells `yes` with the reason. */
@customElement("ask-dialog")
export class AskDialog extends AppElement {
  @property() heading = "";
  @property() text = "";
  /** The button that does it. */
  @property() yes = "";
  @property() no = "";
  /** The label of a field that has to be filled in; "" for none. */
  @property() reason = "";
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("form") private form!: HTMLFormElement;
  @query(".safe") private safe!: HTMLButtonElement;
  @query("textarea") private field!: HTMLTextAreaElement | null;

  async open(): Promise<void> {
    await this.updateComplete;
    this.form.reset(); // the reason of another study does not stand there
    this.dialog.showModal();
    this.safe.focus(); // by `autofocus` Chromium would try it when the page is made, and complain
  }
  private answer(event: SubmitEvent): void {
    event.preventDefault();
    event.stopPropagation(); // it may stand in another form, which is not sent by it
    this.dialog.close();
    this.tell("yes", this.field?.value.trim() ?? "");
  }

  protected override render(): TemplateResult {
    return html`<dialog aria-labelledby="ask-heading" aria-describedby="ask-text">
      <form method="dialog" @submit=${this.answer}>
        <h2 id="ask-heading">${this.heading}</h2>
        <p id="ask-text">${this.text}</p>
        ${
          this.reason === ""
            ? nothing
            : html`<label class="field"><span>${this.reason}</span><textarea rows="2" required maxlength="1024" autocomplete="off"></textarea></label>`
        }
        <div class="row end">
          <button type="button" class="button safe" @click=${() => this.dialog.close()}>${this.no}</button>
          <button type="submit" class="button danger">${this.yes}</button>
        </div>
      </form>
    </dialog>`;
  }
}
