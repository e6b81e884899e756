import { html, type TemplateResult } from "lit";
import { customElement, query } from "lit/decorators.js";
import { say, type Word } from "../core/text.ts";
import { AppElement } from "./app-element.ts";

const keys: readonly (readonly [string, Word])[] = [
  ["U", "key_u"],
  ["Enter", "key_enter"],
  ["P", "key_p"],
  ["L", "key_l"],
  ["/", "key_search"],
  ["?", "key_list"],
];

/** The keyboard shortcuts, in a dialog. */
@customElement("shortcut-list")
export class ShortcutList extends AppElement {
  @query("dialog") private dialog!: HTMLDialogElement;

  async open(): Promise<void> {
    await this.updateComplete;
    if (!this.dialog.open) this.dialog.showModal();
  }
  protected override render(): TemplateResult {
    return html`<dialog aria-labelledby="shortcuts-heading">
      <h2 id="shortcuts-heading">${say("shortcuts")}</h2>
      <dl class="facts">${keys.map(([key, word]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${say(word)}</dd></div>`)}</dl>
      <form method="dialog" class="row end"><button class="button">${say("close")}</button></form>
    </dialog>`;
  }
}
