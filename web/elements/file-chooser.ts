import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { dropped, picked } from "../core/chosen.ts";
import { say } from "../core/text.ts";
import type { ChosenFile } from "../queue/types.ts";
import { AppElement } from "./app-element.ts";
import { icon } from "./icons.ts";

/** Files, folders, a photo, or anything dropped on the window. Tells `chosen` with the files. */
@customElement("file-chooser")
export class FileChooser extends AppElement {
  /** Between two looks nothing is taken. */
  @property({ type: Boolean }) busy = false;
  /** What the main button says; "": Add study. */
  @property() name = "";
  @query("#choose-files") private files!: HTMLInputElement;
  @query("#choose-folder") private folder!: HTMLInputElement;
  @query("#choose-photo") private photo!: HTMLInputElement;
  private readonly folders = "webkitdirectory" in HTMLInputElement.prototype;
  private readonly camera = matchMedia("(pointer: coarse)").matches;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("dragover", this.over);
    addEventListener("dragleave", this.left);
    addEventListener("drop", this.drop);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("dragover", this.over);
    removeEventListener("dragleave", this.left);
    removeEventListener("drop", this.drop);
  }
  private readonly over = (event: DragEvent): void => {
    event.preventDefault(); // without it a browser opens the file
    this.classList.add("over");
  };
  private readonly left = (): void => this.classList.remove("over");
  private readonly drop = (event: DragEvent): void => {
    event.preventDefault();
    this.left();
    if (this.busy || event.dataTransfer === null || !this.checkVisibility()) return; // locked
    void dropped(event.dataTransfer).then((files) => this.give(files));
  };
  private give(files: readonly ChosenFile[]): void {
    if (files.length > 0) this.tell("chosen", files);
  }
  private async picked(event: Event): Promise<void> {
    if (!(event.target instanceof HTMLInputElement)) return;
    this.give(await picked(event.target));
  }
  /** Opens the file picker, as the button does. */
  choose(): void {
    this.files.click();
  }

  protected override render(): TemplateResult {
    return html`<div class="chooser">
      <div class="drop">${icon("box")}<p>${say("kinds")}</p><p class="hint pointer-only">${say("drop_here")}</p></div>
      <div class="row second">
        ${
          this.folders
            ? html`<button class="button" ?disabled=${this.busy} @click=${() => this.folder.click()}>${icon("folder")}${say("add_folder")}</button>`
            : nothing
        }
        ${
          this.camera
            ? html`<button class="button" ?disabled=${this.busy} @click=${() => this.photo.click()}>${icon("camera")}${say("take_photo")}</button>`
            : nothing
        }
      </div>
      <div class="bar">
        <button class="button primary" data-key="u" data-primary ?disabled=${this.busy} @click=${this.choose}>${this.name || say("add_study")}</button>
      </div>
      <input id="choose-files" type="file" multiple hidden aria-label=${say("add_study")} @change=${this.picked} />
      <input id="choose-folder" type="file" webkitdirectory multiple hidden aria-label=${say("add_folder")} @change=${this.picked} />
      <input id="choose-photo" type="file" accept="image/*" capture="environment" hidden aria-label=${say("take_photo")} @change=${this.picked} />
    </div>`;
  }
}
