import { html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { AppElement } from "../elements/app-element.ts";
import { type Template, templates } from "./lines.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";
import "./file-lines.ts";

const kinds: readonly { kind: Template; word: AdminWord }[] = [
  { kind: "orthanc", word: "kind_orthanc" },
  { kind: "stow-rs", word: "kind_stow" },
  { kind: "c-store", word: "kind_cstore" },
  { kind: "folder", word: "kind_folder" },
];

/** The lines that add a destination to the configuration file, by its kind. */
@customElement("add-destination")
export class AddDestination extends AppElement {
  @state() private kind: Template = "orthanc";

  protected override render(): TemplateResult {
    return html`<label class="field"><span>${tell("dest_template")}</span>
        <select @change=${(event: Event) => {
          const chosen = event.target instanceof HTMLSelectElement ? event.target.value : "";
          this.kind = kinds.find(({ kind }) => kind === chosen)?.kind ?? "orthanc";
        }}>${kinds.map(({ kind, word }) => html`<option value=${kind} ?selected=${kind === this.kind}>${tell(word)}</option>`)}</select></label>
      <p>${tell("dest_add_text")}</p>
      <file-lines .lines=${templates[this.kind]} .label=${tell("dest_add")}></file-lines>`;
  }
}
