import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { announce } from "../core/app.ts";
import { picked } from "../core/chosen.ts";
import { say } from "../core/text.ts";
import { turned } from "../core/turning.ts";
import type { ChosenFile } from "../queue/types.ts";
import { AppElement } from "./app-element.ts";

/** More are sent as well, but not shown: each is decoded by the browser. */
const mostShown = 24;

/** The photos of a study, to be looked at before they are sent: turned, taken again, taken out, added to. Tells `pictures` with the files. */
@customElement("picture-list")
export class PictureList extends AppElement {
  @property({ attribute: false }) files: readonly ChosenFile[] = [];
  /** The one that is taken anew; null: one is added. */
  @state() private again: number | null = null;
  @query("input") private input!: HTMLInputElement;
  private readonly addresses = new Map<File, string>();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const address of this.addresses.values()) URL.revokeObjectURL(address);
    this.addresses.clear();
  }
  private addressOf(file: File): string {
    const known = this.addresses.get(file) ?? URL.createObjectURL(file);
    this.addresses.set(file, known);
    return known;
  }
  private give(files: readonly ChosenFile[]): void {
    this.tell("pictures", files);
  }
  private async turn(index: number): Promise<void> {
    const one = this.files[index];
    if (one === undefined) return;
    const file = await turned(one.file).catch(() => null);
    if (file === null) return;
    this.give(this.files.with(index, { ...one, file, size: file.size }));
    announce(`${say("turn_picture")}: ${say("picture_n", { n: index + 1 })}`);
  }
  private choose(index: number | null): void {
    this.again = index;
    this.input.click();
  }
  private async picked(): Promise<void> {
    const files = await picked(this.input);
    const [first] = files;
    if (first === undefined) return;
    this.give(this.again === null ? [...this.files, ...files] : this.files.with(this.again, first));
  }

  private one({ file }: ChosenFile, index: number): TemplateResult {
    const name = say("picture_n", { n: index + 1 });
    const button = (word: "turn_picture" | "retake" | "drop_picture", act: () => void) =>
      html`<button type="button" class="button small" aria-label="${say(word)}: ${name}" @click=${act}>${say(word)}</button>`;
    return html`<li>
      <img src=${this.addressOf(file)} alt=${name} />
      <div class="row">
        ${button("turn_picture", () => void this.turn(index))} ${button("retake", () => this.choose(index))}
        ${this.files.length > 1 ? button("drop_picture", () => this.give(this.files.toSpliced(index, 1))) : nothing}
      </div>
    </li>`;
  }

  protected override render(): TemplateResult {
    const more = this.files.length - mostShown;
    return html`<ul class="pictures">${this.files.slice(0, mostShown).map((file, index) => this.one(file, index))}</ul>
      ${more > 0 ? html`<p class="hint">${say("pictures_more", { n: more })}</p>` : nothing}
      <div class="row"><button type="button" class="button" @click=${() => this.choose(null)}>${say("add_picture")}</button></div>
      <input type="file" accept="image/jpeg,image/png" capture="environment" hidden aria-label=${say("add_picture")} @change=${this.picked} />`;
  }
}
